/**
 * The items of a sampling as they open, grow and close: messages, reasoning, raw calls, web searches. Invariant: ids are
 * `<kind>_<sampling>_<index>` unless the script names them, and the closing text is the sum of the deltas unless it says.
 */
import type { Call } from './calls.ts';
import type { Clock } from './clock.ts';
import { agentMessage } from './lines.ts';
import type { Json, JsonObject } from './lines.ts';
import type { Random } from './random.ts';
import type { Step } from './script.ts';
import { createThoughts } from './thoughts.ts';
import type { TurnLines } from './turn-lines.ts';

interface Options {
  readonly lines: TurnLines;
  readonly clock: Clock;
  readonly random: Random;
  readonly turnId: string;
  /** Keeps an item in the history that the next sampling of the turn is sent. */
  readonly remember: (item: JsonObject) => void;
}

type StepOf<K extends Step['do']> = Extract<Step, { readonly do: K }>;

export interface Messages {
  sampling(sequence: number): void;
  readonly sequence: () => number;
  /** The last message that was completed, as the turn's summary shows it. */
  readonly last: () => JsonObject | null;
  readonly streaming: () => boolean;
  /** A retry begins: what is open stays open for ever, and indexes start again. */
  forget(): void;
  call(step: StepOf<'call'>): Call;
  burst(step: StepOf<'burst'>, done: () => void): () => void;
  /** False: not a step of items. */
  play(step: Step): boolean;
}

const filler = 'The quick brown fox jumps over the lazy dog. ';
const linesAtOnceMax = 512;

export function createMessages({ lines, clock, random, turnId, remember }: Options): Messages {
  const passthrough = { turn_id: turnId };
  let sequence = 0;
  let index = 0;
  let last: JsonObject | null = null;
  let open: {
    id: string;
    text: string[];
    phase: string | null;
    startedAtMs: number;
    delta: (json: string) => void;
  } | null = null;
  let streaming = false;

  const keep = (item: JsonObject): void => {
    lines.raw(item);
    remember(item);
  };
  const mint = (prefix: string): string => `${prefix}_${sequence}_${index}`;
  const thoughts = createThoughts({ lines, now: clock.now, turnId, keep, mint: () => mint('rs') });
  const openMessage = ({ id = mint('msg'), phase, text = '' }: Partial<StepOf<'open'>>): void => {
    const startedAtMs = clock.now();
    open = { id, text: [text], phase: phase ?? null, startedAtMs, delta: lines.deltas(id) };
    lines.started(agentMessage(id, text, open.phase, { startedAtMs, completedAtMs: null }));
  };
  const opened = (): NonNullable<typeof open> => {
    if (open === null) openMessage({});
    return open as unknown as NonNullable<typeof open>;
  };
  const close = (step: StepOf<'close'>): void => {
    const { id, text: pieces, phase, startedAtMs } = opened();
    const text = step.text ?? pieces.join('');
    const named = step.metadata === undefined ? {} : { metadata: step.metadata };
    const item = { ...agentMessage(id, text, phase, { startedAtMs, completedAtMs: clock.now() }), ...named };
    if (step.item !== false) {
      last = item;
      lines.completed(item);
    }
    if (step.raw !== false) {
      const content: readonly Json[] = step.content ?? [{ type: 'output_text', text, annotations: [] }];
      keep({
        type: 'message',
        status: 'completed',
        id,
        role: 'assistant',
        content,
        ...(phase === null ? {} : { phase }),
        ...named,
        internal_chat_message_metadata_passthrough: {
          ...passthrough,
          content_item_kinds: content.map(() => 'unknown'),
        },
      });
    }
    open = null;
    index += 1;
  };
  const search = ({ query, id = mint('ws') }: StepOf<'search'>): void => {
    const startedAtMs = clock.now();
    const item = (completedAtMs: number | null): JsonObject => ({
      type: 'webSearch',
      id,
      query,
      action: { type: 'search', query, queries: null },
      results: null,
      startedAtMs,
      completedAtMs,
    });
    // What is searched for is known only at the end.
    lines.started({ ...item(null), query: '', action: { type: 'other' } });
    lines.completed(item(startedAtMs));
    lines.raw({
      type: 'web_search_call',
      id,
      status: 'completed',
      action: { type: 'search', query },
      internal_chat_message_metadata_passthrough: passthrough,
    });
    index += 1;
  };

  return {
    sampling(next) {
      sequence = next;
      index = 0;
      streaming = false;
    },
    sequence: () => sequence,
    last: () => last,
    streaming: () => streaming,
    forget() {
      open = null;
      thoughts.forget();
      sequence += 1;
      index = 0;
    },
    call(step) {
      const custom = step.custom === true;
      const id = step.id ?? mint(custom ? 'ctc' : 'fc');
      const callId = step.callId ?? mint('call');
      const { name, namespace } = step;
      lines.raw({
        type: custom ? 'custom_tool_call' : 'function_call',
        ...(custom ? { id, status: 'completed', call_id: callId, name } : { status: 'completed', id, name }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(custom ? { input: step.arguments } : { arguments: step.arguments, call_id: callId }),
        internal_chat_message_metadata_passthrough: passthrough,
      });
      index += 1;
      return { callId, name, namespace: namespace ?? null, arguments: step.arguments, custom };
    },
    burst({ deltas, bytes, everyMs, jitter }, done) {
      const text = filler.repeat(Math.ceil(bytes / filler.length)).slice(0, bytes);
      const json = JSON.stringify(text);
      const { delta, text: pieces } = opened();
      streaming = true;
      const beganMs = clock.now();
      let sent = 0;
      let cancel: () => void = () => undefined;
      const more = (): void => {
        const due =
          everyMs === 0 ? deltas : jitter === true ? sent + 1 : Math.floor((clock.now() - beganMs) / everyMs) + 1;
        const until = Math.min(deltas, due, sent + linesAtOnceMax);
        for (; sent < until; sent += 1) delta(json);
        if (sent >= deltas) {
          pieces.push(text.repeat(deltas));
          return done();
        }
        cancel = clock.schedule(jitter === true ? random.next() * 2 * everyMs : everyMs, more);
      };
      cancel = clock.schedule(0, more);
      return () => cancel();
    },
    play(step) {
      switch (step.do) {
        case 'open':
          openMessage(step);
          break;
        case 'delta': {
          const message = opened();
          message.text.push(step.text);
          message.delta(JSON.stringify(step.text));
          break;
        }
        case 'close':
          close(step);
          break;
        case 'search':
          search(step);
          break;
        case 'raw':
          lines.raw(step.item);
          break;
        default: {
          if (!thoughts.play(step)) return false;
          if (step.do === 'reasoned') index += 1;
        }
      }
      streaming = true;
      return true;
    },
  };
}
