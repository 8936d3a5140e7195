// One sampling: numbers its events, mints its ids, keeps its output items and counts its usage.
// Invariant: sequence numbers are 0, 1, 2 …; every id follows from the sampling's stem and the item's index alone.
//
// Usage looks real and is deterministic: input tokens = 3 per input item + one per 4 characters (ids do not count,
// because the CLI mints new ones every time); output tokens = number of deltas, reasoning included; cached = up to 7.

import type { Params } from './params.ts';
import { inputChars, type Json, type ModelRequest } from './request.ts';

export type SseEvent = { readonly type: string; readonly sequence_number: number; readonly [name: string]: unknown };

// A fixed time keeps transcripts equal from run to run.
const createdAt = 1_790_000_000;

export class Sampling {
  readonly responseId: string;
  readonly #stem: string;
  readonly #request: ModelRequest;
  readonly #params: Params;
  readonly #output: Json[] = [];
  #sequence = 0;
  #items = 0;
  #deltas = 0;
  #reasoningDeltas = 0;

  constructor(sequence: number, request: ModelRequest, params: Params) {
    const named = params.text('id');
    this.#stem = named ?? String(sequence);
    this.responseId = `resp_${named ?? String(sequence).padStart(6, '0')}`;
    this.#request = request;
    this.#params = params;
  }

  event(type: string, fields: Json): SseEvent {
    return { type, sequence_number: this.#sequence++, ...fields };
  }

  delta(type: string, fields: Json): SseEvent {
    if (type.startsWith('response.reasoning')) this.#reasoningDeltas += 1;
    this.#deltas += 1;
    return this.event(type, fields);
  }

  /** The index of a new output item; its ids are `id('msg', index)`, `id('call', index)` and so on. */
  openItem(): number {
    return this.#items++;
  }

  id(prefix: string, index: number): string {
    return `${prefix}_${this.#stem}_${index}`;
  }

  closeItem(item: Json): Json {
    this.#output.push(item);
    return item;
  }

  usage(): Json {
    const input =
      this.#params.int('in') ?? 3 * this.#request.input.length + Math.ceil(inputChars(this.#request.input) / 4);
    const output = this.#params.int('out') ?? this.#deltas;
    const write = this.#params.int('cachewrite');
    return {
      input_tokens: input,
      input_tokens_details: {
        cached_tokens: this.#params.int('cached') ?? Math.min(7, input),
        ...(write === undefined ? {} : { cache_write_tokens: write }),
      },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: this.#params.int('reasoning') ?? this.#reasoningDeltas },
      total_tokens: input + output,
    };
  }

  #response(status: string, more: Json): Json {
    return {
      id: this.responseId,
      object: 'response',
      created_at: createdAt,
      status,
      model: this.#request.model,
      output: status === 'in_progress' ? [] : [...this.#output],
      parallel_tool_calls: true,
      tool_choice: 'auto',
      tools: [],
      store: false,
      error: null,
      incomplete_details: null,
      usage: null,
      ...more,
    };
  }

  created(): SseEvent {
    return this.event('response.created', { response: this.#response('in_progress', {}) });
  }

  inProgress(): SseEvent {
    return this.event('response.in_progress', { response: this.#response('in_progress', {}) });
  }

  completed(usage: Json | null = this.usage()): SseEvent {
    return this.event('response.completed', { response: this.#response('completed', { usage }) });
  }

  incomplete(reason: string): SseEvent {
    const more = { incomplete_details: { reason }, usage: this.usage() };
    return this.event('response.incomplete', { response: this.#response('incomplete', more) });
  }

  failed(code: string, message: string): SseEvent {
    return this.event('response.failed', { response: this.#response('failed', { error: { code, message } }) });
  }
}
