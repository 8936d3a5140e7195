/**
 * A `fetch` for real SDK clients that keeps every byte they read, so that the strict validators judge what reached them.
 * Invariant: no answer goes unjudged; `check()` fails for a body that was left unread unless the test says how many were.
 */

import { validateChatObject, validateChatStream } from './validator/chat.ts';
import { validateErrorBody } from './validator/error-body.ts';
import { isObject, type Json, type JsonObject, parseJson } from './validator/json.ts';
import { validateResponseObject, validateResponsesStream } from './validator/responses.ts';

interface Answer {
  readonly path: string;
  readonly sent: JsonObject;
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: Uint8Array[];
  complete: boolean;
}

/** Ids that this gateway makes. */
const ownId = /^resp_[A-Za-z0-9_-]{24,}$/;

const parsed = (text: string): Json => {
  const result = parseJson(text);
  if ('problem' in result) throw new Error(result.problem);
  return result.value;
};

export class WatchedFetch {
  #answers: Answer[] = [];

  /** For the option `fetch` of an SDK. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    const body = typeof init?.body === 'string' ? parsed(init.body) : {};
    const answer: Answer = {
      path: new URL(url).pathname,
      sent: isObject(body) ? body : {},
      status: response.status,
      headers: response.headers,
      chunks: [],
      complete: false,
    };
    this.#answers.push(answer);
    const tap = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        answer.chunks.push(chunk);
        controller.enqueue(chunk);
      },
      flush: () => {
        answer.complete = true;
      },
    });
    return new Response(response.body?.pipeThrough(tap) ?? null, response);
  };

  /** The bodies of the requests since the last check, oldest first. */
  get sent(): readonly JsonObject[] {
    return this.#answers.map(({ sent }) => sent);
  }

  /**
   * Judges what was read since the last check. `unread`: how many of the answers the client left; `some` when a client
   * that throws may or may not have had the rest. @throws StreamViolation
   */
  check(unread: number | 'some' = 0): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) if (isWhole(answer)) judge(answer);
    const left = answers.filter((answer) => !isWhole(answer)).map(({ path, status }) => `${path} ${status}`);
    if (unread !== 'some' && left.length !== unread)
      throw new Error(`${unread} unread answers expected, got: ${left.join(', ')}`);
  }
}

/** The SDK does not read on behind the terminator. */
const isWhole = ({ complete, chunks }: Answer): boolean =>
  complete || Buffer.concat(chunks.slice(-2)).toString('latin1').endsWith('data: [DONE]\n\n');

function judge({ path, sent, status, headers, chunks }: Answer): void {
  const bytes = Buffer.concat(chunks);
  if (status >= 400) return void validateErrorBody(status, headers, bytes);
  const type = headers.get('content-type') ?? '';
  const streamed = type.startsWith('text/event-stream');
  // The official SDK hands out `undefined` for a body of any other type.
  if (!streamed && !type.startsWith('application/json')) throw new Error(`${path} answered with ${type}`);
  if (path.endsWith('/responses')) {
    if (streamed) validateResponsesStream(bytes, { id: ownId });
    else validateResponseObject(parsed(bytes.toString('utf8')), { id: ownId });
  } else if (path.endsWith('/chat/completions')) {
    const options = sent['stream_options'];
    const n = Number(sent['n'] ?? 1);
    if (streamed)
      validateChatStream(bytes, { includeUsage: isObject(options) && options['include_usage'] === true, n });
    else validateChatObject(parsed(bytes.toString('utf8')), { n });
  }
}
