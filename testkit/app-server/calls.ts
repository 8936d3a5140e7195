/**
 * The tool calls of one sampling: who is asked, what comes back, what the model is told. Invariant: outputs are in the
 * order of the raw items, whatever the order of the answers; a second answer changes nothing.
 */
import type { Json, JsonObject, RequestId } from './lines.ts';
import { asObject, asString } from './serde.ts';
import type { TurnLines } from './turn-lines.ts';

export interface Call {
  readonly callId: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly arguments: string;
  readonly custom: boolean;
}

interface Pending extends Call {
  readonly parsed: Json;
  requestId: RequestId | null;
  startedAtMs: number;
  output: Json | null;
}

interface Options {
  readonly lines: TurnLines;
  readonly now: () => number;
  readonly known: (call: Call) => boolean;
  readonly requestId: () => number;
  readonly threadId: string;
  readonly turnId: string;
}

/** The common cases in the words of the real parser; anything else in ours. */
function argumentsComplaint(text: string, error: Error): string {
  const place = `at line 1 column ${Math.max(1, text.length)}`;
  if (text === '') return 'EOF while parsing a value at line 1 column 0';
  if (/^\{\s*[^"}\s]/.test(text)) return 'key must be a string at line 1 column 2';
  if (/^[[{]/.test(text) && !/[\]}]$/.test(text))
    return `EOF while parsing ${text[0] === '[' ? 'a list' : 'an object'} ${place}`;
  return error.message;
}

const cancelled = 'dynamic tool call was cancelled before receiving a response';

export interface Calls {
  readonly size: () => number;
  add(call: Call): void;
  /** Sends the requests of the calls that were not asked yet, in the given order of indexes. */
  ask(order: readonly number[]): void;
  answer(id: RequestId, message: JsonObject): boolean;
  /** Calls without an answer. */
  readonly waiting: () => number;
  /** Of these, the ones that the client knows of. */
  readonly asked: () => number;
  cancel(): void;
  /** The outputs, oldest call first. */
  outputs(): readonly { readonly call: Call; readonly output: Json }[];
  clear(): void;
}

export function createCalls({ lines, now, known, requestId, threadId, turnId }: Options): Calls {
  let calls: Pending[] = [];

  const item = (call: Pending, status: string, contentItems: Json, success: boolean | null): JsonObject => {
    const completedAtMs = status === 'inProgress' ? null : now();
    return {
      type: 'dynamicToolCall',
      id: call.callId,
      namespace: call.namespace,
      tool: call.name,
      arguments: call.parsed,
      status,
      contentItems,
      success,
      durationMs: completedAtMs === null ? null : completedAtMs - call.startedAtMs,
      startedAtMs: call.startedAtMs,
      completedAtMs,
    };
  };
  const refused = (call: Call): { readonly parsed: Json; readonly output: string | null } => {
    if (call.custom) return { parsed: null, output: `unsupported custom tool call: ${call.name}` };
    if (!known(call)) return { parsed: null, output: `unsupported call: ${call.name}` };
    try {
      return { parsed: JSON.parse(call.arguments) as Json, output: null };
    } catch (error) {
      return {
        parsed: null,
        output: `failed to parse function arguments: ${argumentsComplaint(call.arguments, error as Error)}`,
      };
    }
  };
  const textOf = (items: readonly Json[]): Json =>
    items.length === 0 || items.some((entry) => asObject(entry)['type'] !== 'inputText')
      ? items.map((entry) => {
          const { type, text, imageUrl } = asObject(entry) as { readonly [member: string]: Json };
          return type === 'inputText'
            ? { type: 'input_text', text: text ?? '' }
            : { type: 'input_image', image_url: imageUrl ?? '' };
        })
      : items.map((entry) => asString(asObject(entry)['text'])).join('\n');

  const finish = (call: Pending, contentItems: readonly Json[], success: boolean, output: Json): void => {
    call.output = output;
    lines.completed(item(call, success ? 'completed' : 'failed', contentItems, success));
  };

  return {
    size: () => calls.length,
    add(call) {
      calls.push({ ...call, ...refused(call), requestId: null, startedAtMs: now() });
    },
    ask(order) {
      for (const index of order) {
        const call = calls[index];
        if (call === undefined || call.output !== null || call.requestId !== null) continue;
        call.requestId = requestId();
        call.startedAtMs = now();
        lines.started(item(call, 'inProgress', null, null));
        const { callId, namespace, name: tool, parsed } = call;
        lines.request('item/tool/call', call.requestId, {
          threadId,
          turnId,
          callId,
          namespace,
          tool,
          arguments: parsed,
        });
      }
    },
    answer(id, message) {
      const call = calls.find((pending) => pending.requestId === id);
      if (call === undefined) return false;
      if (call.output !== null) return true;
      const { contentItems, success } = asObject(message['result']) as { readonly [member: string]: Json };
      const failed = (text: string): void => finish(call, [{ type: 'inputText', text }], false, text);
      if (message['error'] !== undefined) failed('dynamic tool request failed');
      else if (!Array.isArray(contentItems) || typeof success !== 'boolean')
        failed('dynamic tool response was invalid');
      else finish(call, contentItems as readonly Json[], success, textOf(contentItems as readonly Json[]));
      return true;
    },
    waiting: () => calls.filter((call) => call.output === null).length,
    asked: () => calls.filter((call) => call.output === null && call.requestId !== null).length,
    cancel() {
      for (const call of calls) {
        if (call.output !== null) continue;
        if (call.requestId !== null) lines.completed(item(call, 'failed', [], false));
        call.output = cancelled;
      }
    },
    outputs: () => calls.map((call) => ({ call, output: call.output ?? cancelled })),
    clear() {
      calls = [];
    },
  };
}
