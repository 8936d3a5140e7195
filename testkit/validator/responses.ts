/**
 * The strict validator for Responses streams: all nine rules of `openai-api.md` 11, over SSE bytes or WebSocket
 * messages, and the same checks for non-stream bodies. Invariant: a stream that passes can be folded into exactly the
 * object its terminal event carries, so every client sees the same answer whichever copy it reads.
 */
import { type Block, blocks } from './blocks.ts';
import { type EnvelopeOptions, envelopeCheck, type Status } from './envelope.ts';
import { differencePath, isObject, type Json, type JsonObject, listOf, objectOf, shown } from './json.ts';
import { assertEnding, type Ending, Lifecycle } from './lifecycle.ts';
import { Output } from './output.ts';
import { type OptIn, readEvent, type StreamEvent } from './vocabulary.ts';
import { demand } from './violation.ts';

export interface ResponsesOptions {
  /** Vocabulary the request opted into; nothing by default. */
  readonly optIns?: readonly OptIn[];
  /** Items may be open at the same time (legal for openai, avoided by default). */
  readonly interleaved?: boolean;
  /** The answer to a WebSocket create with `generate:false`. */
  readonly warmup?: boolean;
  /** WebSocket lane of the request; every event must echo it, or nothing when absent. */
  readonly streamId?: string;
  /** Default: any legal path id. Pass `/^resp_[A-Za-z0-9_-]{24,}$/` for ids this gateway made. */
  readonly id?: RegExp;
  readonly frameBytesMax?: number;
  /** Vendor keys tolerated on the response object. */
  readonly furtherKeys?: readonly string[];
  /** The same response as non-stream body or as read back later: rule 9 compares it with the fold. */
  readonly body?: JsonObject;
}

export interface ResponsesVerdict {
  readonly ending: Ending;
  /** Folded from the events; equal to the terminal event's `response`. */
  readonly response: JsonObject;
  readonly events: readonly StreamEvent[];
  /** Keepalive comments, without the colon. */
  readonly comments: readonly string[];
}

const pathId = /^[A-Za-z0-9_-]{1,128}$/;

/** @throws StreamViolation */
export function validateResponsesStream(bytes: Uint8Array, options: ResponsesOptions = {}): ResponsesVerdict {
  const { frameBytesMax } = options;
  const parsed = blocks(bytes, { eventLines: true, ...(frameBytesMax === undefined ? {} : { frameBytesMax }) });
  return judge(parsed.frames, parsed.comments, options, 'sse');
}

/** Rules 2-9 on the text messages of one response; no `[DONE]`, no `error` event. @throws StreamViolation */
export function validateResponsesMessages(
  messages: readonly string[],
  options: ResponsesOptions = {},
): ResponsesVerdict {
  const frames = messages.map((data): Block => ({ event: null, data }));
  return judge(frames, [], options, 'websocket');
}

function envelopeOptions(options: ResponsesOptions, alias: boolean): EnvelopeOptions {
  const optIns = new Set(options.optIns ?? []);
  return {
    custom: optIns.has('custom'),
    hosted: optIns.has('hosted'),
    id: options.id ?? pathId,
    alias,
    further: options.furtherKeys ?? [],
  };
}

function judge(
  frames: readonly Block[],
  comments: readonly string[],
  options: ResponsesOptions,
  transport: 'sse' | 'websocket',
): ResponsesVerdict {
  const envelope = envelopeOptions(options, false);
  const warmup = options.warmup ?? false;
  const lifecycle = new Lifecycle({ ...envelope, transport, warmup });
  const output = new Output(envelope, options.interleaved ?? false);
  const vocabulary = { optIns: new Set(options.optIns ?? []), streamId: options.streamId ?? null };
  const events: StreamEvent[] = [];
  let terminal: JsonObject = {};
  for (const [at, frame] of frames.entries()) {
    const event = readEvent(frame, at, vocabulary);
    events.push(event);
    lifecycle.assertPlace(event);
    if (event.type === 'error') lifecycle.error(event);
    else if ('response' in event.body) terminal = lifecycle.respond(event);
    else {
      lifecycle.assertFlowing(event);
      output.accept(event);
    }
    if (lifecycle.ending !== null) assertOutput(lifecycle.ending, output, terminal, at, warmup);
  }
  const { ending } = lifecycle;
  demand(ending !== null, 3, null, `no terminal event after ${events.length} events`);
  const response = fold(lifecycle.first, output, terminal);
  assertSame(response, terminal, 'terminal response');
  if (options.body !== undefined) assertSame(response, withoutAlias(options.body), 'body');
  return { ending, response, events, comments };
}

function assertOutput(ending: Ending, output: Output, terminal: JsonObject, at: number, warmup: boolean): void {
  if (ending !== 'failed') output.assertAllDone(at);
  const answered = ending !== 'completed' || warmup || output.count > 0;
  demand(answered, 7, at, 'completed without an item; an empty answer is a message with one empty part');
  output.assertCopied(terminal, at);
}

/** Rule 9: what a client would hold that kept the first object and applied every event to it. */
function fold(first: JsonObject, output: Output, terminal: JsonObject): JsonObject {
  const known = ['status', 'completed_at', 'error', 'incomplete_details', 'usage', 'service_tier'];
  const late = Object.fromEntries(known.map((key) => [key, terminal[key] ?? null]));
  return { ...first, ...late, output: output.settled() };
}

function assertSame(folded: JsonObject, other: JsonObject, name: string): void {
  const difference = differencePath(folded, other);
  demand(difference === null, 9, null, `the folded stream differs from the ${name} at ${difference}`);
}

function withoutAlias(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'created'));
}

const settledStatuses: readonly Status[] = ['completed', 'incomplete'];

/**
 * A non-stream body: rule 4 for its members, rule 7 for its ending. `statuses` widens what is expected, e.g. for
 * background polling (`queued`, `in_progress`, `cancelled`) or the late failure of a long call (`failed`).
 * @throws StreamViolation
 */
export function validateResponseObject(
  object: Json,
  options: ResponsesOptions & { readonly statuses?: readonly Status[] } = {},
): JsonObject {
  demand(isObject(object), 4, null, 'body is not an object');
  const problem = envelopeCheck(envelopeOptions(options, true))(object, 'response');
  demand(problem === null, 4, null, problem ?? '');
  const expected = options.statuses ?? settledStatuses;
  const status = object['status'];
  demand(
    expected.some((known) => known === status),
    4,
    null,
    `status must be ${expected.join(' or ')}, got ${shown(status)}`,
  );
  const alias = object['created'];
  demand(alias === undefined || alias === object['created_at'], 4, null, 'created is not created_at');
  const ids = listOf(object['output']).map((item) => objectOf(item)['id']);
  demand(new Set(ids).size === ids.length, 5, null, 'an item id is used twice');
  assertEnding(object, null);
  return object;
}
