/**
 * One choice of a chat stream: role first and once, reasoning before content, calls introduced once and then grown,
 * one finish reason and nothing after it. Folds to what a client shows.
 */
import { roleDelta, textDeltas, toolDelta } from './chat-shape.ts';
import { type JsonObject, listOf, objectOf, parseJson, textOf } from './json.ts';
import { type ChatRule, demand } from './violation.ts';

export interface ChatToolCall {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** `input` for custom tools. */
  readonly arguments: string;
}

export interface ChatChoice {
  readonly index: number;
  /** null when the model wrote no text and called a tool. */
  readonly content: string | null;
  readonly reasoning: string;
  readonly refusal: string | null;
  readonly toolCalls: readonly ChatToolCall[];
  /** null only when the stream ended with an error frame. */
  readonly finishReason: string | null;
}

type TextKey = 'content' | 'reasoning_content' | 'refusal';

export class GrowingChoice {
  readonly index: number;
  #role: JsonObject | null = null;
  #output = false;
  readonly #text: Record<TextKey, string> = { content: '', reasoning_content: '', refusal: '' };
  readonly #calls: ChatToolCall[] = [];
  #finish: string | null = null;

  constructor(at: number) {
    this.index = at;
  }

  get finished(): boolean {
    return this.#finish !== null;
  }

  accept(choice: JsonObject, at: number): void {
    const delta = objectOf(choice['delta']);
    demand(!this.finished, 'chat.finish', at, `choice ${this.index} continues after its finish_reason`);
    const opens = this.#role === null;
    demand(opens === 'role' in delta, 'chat.role', at, 'the role comes once, first, in its own chunk');
    const finish = choice['finish_reason'];
    if ('role' in delta) this.#start(delta, at);
    else if (typeof finish === 'string') this.#end(finish, delta, at);
    else if ('tool_calls' in delta) this.#call(delta, at);
    else this.#grow(delta, at);
    demand(typeof finish !== 'string' || this.finished, 'chat.finish', at, 'finish_reason on a chunk with content');
  }

  #start(delta: JsonObject, at: number): void {
    refuse(roleDelta(delta, 'delta'), 'chat.role', at);
    this.#role = delta;
  }

  /** `content` of the first chunk announces whether the first output is a call. */
  #announced(isCall: boolean, at: number): void {
    const content = this.#role?.['content'];
    const kept = this.#output || (content === null) === isCall;
    demand(
      kept,
      'chat.role',
      at,
      `first chunk had content ${JSON.stringify(content)}, first output is ${isCall ? '' : 'not '}a call`,
    );
    this.#output = true;
  }

  #grow(delta: JsonObject, at: number): void {
    const keys = Object.keys(delta);
    const key = keys.find((name) => Object.hasOwn(textDeltas, name));
    demand(key !== undefined, 'chat.shape', at, `delta with ${keys.join(', ') || 'nothing'} and no finish_reason`);
    refuse(textDeltas[key]?.(delta, 'delta') ?? null, 'chat.shape', at);
    this.#announced(false, at);
    const early = key !== 'reasoning_content' || this.#text.content === '';
    demand(early, 'chat.order', at, 'reasoning_content after content');
    this.#text[key as TextKey] += textOf(delta[key]);
  }

  #call(delta: JsonObject, at: number): void {
    const tools = listOf(delta['tool_calls']);
    demand(
      Object.keys(delta).length === 1 && tools.length === 1,
      'chat.tools',
      at,
      'one tool call per delta, nothing else',
    );
    const tool = objectOf(tools[0]);
    const place = tool['index'];
    demand(typeof place === 'number', 'chat.tools', at, 'tool delta without index');
    const known = this.#calls[place];
    demand(known !== undefined || place === this.#calls.length, 'chat.tools', at, `tool index ${place} out of turn`);
    refuse(toolDelta(known === undefined)(tool, 'delta.tool_calls[0]'), 'chat.tools', at);
    this.#announced(true, at);
    if (known === undefined) this.#introduce(tool, at);
    else {
      const kind =
        known.type === 'custom' ? objectOf(tool['custom'])['input'] : objectOf(tool['function'])['arguments'];
      demand(typeof kind === 'string', 'chat.tools', at, `tool index ${place} is a ${known.type} call`);
      this.#calls[place] = { ...known, arguments: known.arguments + kind };
    }
  }

  #introduce(tool: JsonObject, at: number): void {
    const id = textOf(tool['id']);
    demand(!this.#calls.some((call) => call.id === id), 'chat.tools', at, `call id ${id} is used twice`);
    const type = textOf(tool['type']);
    this.#calls.push({ id, type, name: textOf(objectOf(tool[type])['name']), arguments: '' });
  }

  #end(finish: string, delta: JsonObject, at: number): void {
    demand(Object.keys(delta).length === 0, 'chat.finish', at, 'finish_reason on a chunk with content');
    demand(
      this.#output || this.#role?.['content'] === '',
      'chat.role',
      at,
      'content:null announced a call that never came',
    );
    assertFinish(finish, this.#calls, at);
    this.#finish = finish;
  }

  folded(): ChatChoice {
    const { content, reasoning_content: reasoning, refusal } = this.#text;
    const silent = content === '' && (this.#calls.length > 0 || refusal !== '');
    return {
      index: this.index,
      content: silent ? null : content,
      reasoning,
      refusal: refusal === '' ? null : refusal,
      toolCalls: this.#calls,
      finishReason: this.#finish,
    };
  }
}

/** `length` and `content_filter` outrank calls, calls outrank `stop`; whole calls carry JSON. */
export function assertFinish(finish: string, calls: readonly ChatToolCall[], at: number | null): void {
  const cut = finish === 'length' || finish === 'content_filter';
  const agrees = cut || (finish === 'tool_calls') === calls.length > 0;
  demand(agrees, 'chat.finish', at, `finish_reason ${finish} with ${calls.length} calls`);
  const broken = calls.find((call) => !cut && call.type === 'function' && 'problem' in parseJson(call.arguments));
  demand(broken === undefined, 'chat.tools', at, `arguments of ${broken?.id} are not JSON: ${broken?.arguments}`);
}

export function refuse(problem: string | null, rule: ChatRule, at: number | null): void {
  demand(problem === null, rule, at, problem ?? '');
}
