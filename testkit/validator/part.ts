/**
 * One growing text of an item: a content part, a summary part, or the argument string of a call. Rule 6 lives here:
 * the concatenated deltas are the truth, every later copy must repeat it.
 */
import { type Json, type JsonObject, textOf } from './json.ts';
import type { StreamEvent } from './vocabulary.ts';
import { demand } from './violation.ts';

export interface Channel {
  /** The event family: `${family}.delta`, `${family}.done`. */
  readonly family: string;
  readonly itemType: string;
  /** null for calls, whose one text has no part events. */
  readonly partType: string | null;
  /** Member of `.done`, of the part and of the item that carries the full text. */
  readonly field: string;
  readonly indexKey: 'content_index' | 'summary_index' | null;
}

const channel = (
  family: string,
  itemType: string,
  partType: string | null,
  field: string,
  indexKey: Channel['indexKey'],
): Channel => ({ family: `response.${family}`, itemType, partType, field, indexKey });

export const channels: readonly Channel[] = [
  channel('output_text', 'message', 'output_text', 'text', 'content_index'),
  channel('refusal', 'message', 'refusal', 'refusal', 'content_index'),
  channel('reasoning_text', 'reasoning', 'reasoning_text', 'text', 'content_index'),
  channel('reasoning_summary_text', 'reasoning', 'summary_text', 'text', 'summary_index'),
  channel('function_call_arguments', 'function_call', null, 'arguments', null),
  channel('custom_tool_call_input', 'custom_tool_call', null, 'input', null),
];

export class GrowingText {
  readonly channel: Channel;
  readonly at: number;
  #text = '';
  #deltaCount = 0;
  #finished = false;
  readonly #annotations: Json[] = [];

  constructor(owner: Channel, at: number) {
    this.channel = owner;
    this.at = at;
  }

  get text(): string {
    return this.#text;
  }

  get finished(): boolean {
    return this.#finished;
  }

  append(event: StreamEvent): void {
    const delta = textOf(event.body['delta']);
    demand(!this.#finished, 5, event.index, `${event.type} after ${this.channel.family}.done`);
    demand(delta !== '', 6, event.index, 'empty delta');
    this.#text += delta;
    this.#deltaCount += 1;
  }

  annotate(event: StreamEvent): void {
    demand(!this.#finished, 5, event.index, 'annotation after the text is done');
    demand(this.channel.partType === 'output_text', 5, event.index, 'annotation outside an output_text part');
    const expected = this.#annotations.length;
    demand(event.body['annotation_index'] === expected, 5, event.index, `annotation_index must be ${expected}`);
    this.#annotations.push(event.body['annotation'] ?? null);
  }

  finish(event: StreamEvent): void {
    demand(!this.#finished, 5, event.index, `second ${event.type}`);
    const isCall = this.channel.partType === null;
    demand(!isCall || this.#deltaCount > 0, 6, event.index, 'a call needs at least one delta');
    const copy = event.body[this.channel.field];
    demand(copy === this.#text, 6, event.index, `${event.type} differs from the concatenated deltas`);
    this.#finished = true;
  }

  /** The part as the deltas and annotations built it; `logprobs` is optional and always empty. */
  folded(copy: JsonObject): JsonObject {
    const { partType, field } = this.channel;
    if (partType !== 'output_text') return { type: partType, [field]: this.#text };
    const logprobs = copy['logprobs'];
    const built = { type: partType, text: this.#text, annotations: this.#annotations };
    return logprobs === undefined ? built : { ...built, logprobs: [] };
  }
}
