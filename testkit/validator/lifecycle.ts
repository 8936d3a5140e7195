/**
 * The frame around the items: rule 3 (order of lifecycle events, the failure recipe), rule 4 (the envelope and what
 * must not change in it) and rule 7 (what each ending promises).
 */
import { constantKeys, type EnvelopeOptions, envelopeCheck, errorTypes, type Status } from './envelope.ts';
import { differencePath, isObject, type JsonObject, listOf, objectOf } from './json.ts';
import { anything, filled, members, nullable, oneOf, string } from './shape.ts';
import { someUsage, usageSums } from './usage.ts';
import type { StreamEvent } from './vocabulary.ts';
import { demand } from './violation.ts';

export type Ending = 'completed' | 'incomplete' | 'failed';
type Stage = 'unseen' | 'created' | 'queued' | 'in_progress' | 'error' | 'ended';

const nestedError = members(
  { type: oneOf(...errorTypes), code: filled, message: filled, param: nullable(string) },
  { retryable: anything, details: anything },
);

export interface LifecycleOptions extends EnvelopeOptions {
  readonly transport: 'sse' | 'websocket';
  /** The answer to `generate:false`: completed at once, without items, zero usage allowed. */
  readonly warmup: boolean;
}

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #stage: Stage = 'unseen';
  #first: JsonObject = {};
  #error: JsonObject | null = null;
  #ending: Ending | null = null;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  get first(): JsonObject {
    return this.#first;
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  /** Called before every event: nothing precedes `response.created`, splits the recipe or follows the end. */
  assertPlace(event: StreamEvent): void {
    const { type, index } = event;
    demand((this.#stage === 'unseen') === (type === 'response.created'), 3, index, `${type} at stage ${this.#stage}`);
    demand(this.#stage !== 'ended', 3, index, `${type} after the terminal event`);
    demand(
      this.#stage !== 'error' || type === 'response.failed',
      3,
      index,
      `${type} between error and response.failed`,
    );
  }

  /** Items flow only in progress. */
  assertFlowing(event: StreamEvent): void {
    demand(this.#stage === 'in_progress', 3, event.index, `${event.type} before response.in_progress`);
  }

  error(event: StreamEvent): void {
    demand(this.#options.transport === 'sse', 3, event.index, 'error after response.created on a WebSocket');
    const problem = nestedError(event.body['error'], 'error.error');
    demand(problem === null, 7, event.index, problem ?? '');
    const nested = objectOf(event.body['error']);
    for (const key of ['code', 'message', 'param']) {
      demand(event.body[key] === nested[key], 7, event.index, `error.${key} differs from error.error.${key}`);
    }
    this.#error = nested;
    this.#stage = 'error';
  }

  /** @returns the checked response object of a lifecycle event. */
  respond(event: StreamEvent): JsonObject {
    const response = objectOf(event.body['response']);
    const problem = envelopeCheck(this.#options)(response, 'response');
    demand(problem === null, 4, event.index, problem ?? '');
    if (this.#stage === 'unseen') this.#first = response;
    for (const key of constantKeys) {
      const difference = differencePath(this.#first[key], response[key], `response.${key}`);
      demand(difference === null, 4, event.index, `${difference} changed since response.created`);
    }
    this.#step(event, response);
    return response;
  }

  #step(event: StreamEvent, response: JsonObject): void {
    const at = event.index;
    const background = response['background'] === true;
    switch (event.type) {
      case 'response.created':
        this.#running(response, background ? ['queued', 'in_progress'] : ['in_progress'], at);
        this.#stage = 'created';
        break;
      case 'response.queued':
        demand(background && this.#stage === 'created', 3, at, 'response.queued belongs to background, after created');
        this.#running(response, ['queued'], at);
        this.#stage = 'queued';
        break;
      case 'response.in_progress':
        demand(this.#stage === 'created' || this.#stage === 'queued', 3, at, 'second response.in_progress');
        this.#running(response, ['in_progress'], at);
        this.#stage = 'in_progress';
        break;
      case 'response.failed':
        this.#failed(response, at);
        break;
      default:
        this.#finished(event, response);
    }
  }

  #running(response: JsonObject, statuses: readonly Status[], at: number): void {
    demand(
      statuses.some((status) => status === response['status']),
      4,
      at,
      `status must be ${statuses.join(' or ')}`,
    );
    for (const key of ['completed_at', 'error', 'incomplete_details', 'usage']) {
      demand(response[key] === null, 4, at, `response.${key} must be null before the end`);
    }
    demand(listOf(response['output']).length === 0, 4, at, 'output must be [] before the end');
  }

  #finished(event: StreamEvent, response: JsonObject): void {
    if (!this.#options.warmup) this.assertFlowing(event);
    const ending: Ending = event.type === 'response.completed' ? 'completed' : 'incomplete';
    demand(response['status'] === ending, 7, event.index, `status must be ${ending}`);
    assertEnding(response, event.index);
    const zeros = this.#options.warmup ? null : nullable(someUsage)(response['usage'], 'response.usage');
    demand(zeros === null, 7, event.index, zeros ?? '');
    this.#end(ending);
  }

  #failed(response: JsonObject, at: number): void {
    const recipe = this.#stage === 'error' || this.#options.transport === 'websocket';
    demand(recipe, 3, at, 'response.failed without error immediately before it');
    assertEnding(response, at);
    const failed = response['status'] === 'failed' || response['status'] === 'cancelled';
    demand(failed, 7, at, 'status must be failed or cancelled');
    for (const key of this.#error === null ? [] : ['code', 'message', 'type', 'param']) {
      const same = objectOf(response['error'])[key] === this.#error?.[key];
      demand(same, 7, at, `response.error.${key} differs from the error event`);
    }
    this.#end('failed');
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.#stage = 'ended';
  }
}

/** Rule 7 for a response that has ended, wherever it stands: terminal event or non-stream body. */
export function assertEnding(response: JsonObject, at: number | null): void {
  const { status, usage } = response;
  const failed = status === 'failed' || status === 'cancelled';
  demand((status === 'completed') === (response['completed_at'] !== null), 7, at, 'completed_at belongs to completed');
  demand(
    status !== 'completed' || Number(response['completed_at']) >= Number(response['created_at']),
    7,
    at,
    'completed_at precedes created_at',
  );
  const cut = isObject(response['incomplete_details']);
  demand(cut === (status === 'incomplete'), 7, at, 'incomplete_details belongs to incomplete');
  demand(isObject(response['error']) === failed, 7, at, 'error belongs to failed and cancelled');
  const cancelled = objectOf(response['error'])['code'] === 'response_cancelled';
  demand(cancelled === (status === 'cancelled'), 7, at, 'code response_cancelled belongs to status cancelled');
  const problem = nullable(usageSums)(usage, 'response.usage');
  demand(problem === null, 7, at, problem ?? '');
  const items = listOf(response['output']).map(objectOf);
  const lastWhole = status === 'incomplete' ? items.length - 1 : items.length;
  const partial = items.findIndex((item, place) => item['status'] === 'incomplete' && place < lastWhole);
  demand(partial < 0, 7, at, `output[${partial}] is incomplete`);
}
