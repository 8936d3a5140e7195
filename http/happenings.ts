/**
 * What the front end tells beyond what the runtime does: see `actors/diagnostics.ts`. Words of prompts and answers are in
 * `request.read` and `answer.written` alone.
 */

import type { Happenings } from '../actors/diagnostics.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Accounted } from './accounted.ts';
import type { ExchangeEnd } from './exchange-facts.ts';
import type { Header } from './headers.ts';
import type { RequestHead } from './request-head.ts';

export interface RequestTold {
  /** As in the header `x-request-id`. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly head: RequestHead;
  /** Template of the route table, never what the client wrote; `other`: there is no such route. */
  readonly route: string;
  /** The trace that the client is in, or else that of the gateway's own traces; null: none. */
  readonly traceId: string | null;
}

export interface HttpHappenings extends Happenings {
  'request.begun': RequestTold;
  /** Once for each request that has begun, whatever became of it. */
  'request.over': RequestTold & {
    /** 499: the client left before the end. */
    readonly status: number;
    readonly by: ExchangeEnd['by'];
    readonly errorCode: string | null;
    /** The caller has shown a good key. */
    readonly authorized: boolean;
    readonly durationMs: number;
  };
  /** The body of a request with a good key to one of the two endpoints, decoded, before anything is made of it. */
  'request.read': {
    readonly request: string;
    readonly endpoint: 'chat' | 'responses';
    readonly head: RequestHead;
    /** Only as long as this is being told: whoever needs it longer makes a copy. */
    readonly bytes: Uint8Array;
  };
  /** An answer has a status: nothing of it was written yet. */
  'answer.begun': { readonly request: string; readonly status: number; readonly headers: readonly Header[] };
  /** A piece of the body as the client gets it, of a stream whole frames; `bytes` as in `request.read`. */
  'answer.written': { readonly request: string; readonly bytes: Uint8Array | string };
  /** A response, or one choice, is asked of the runtime; before the runtime tells anything of it. */
  'response.opened': { readonly request: string; readonly response: ResponseId; readonly choice: number };
  /** The gateway begins to refuse new answers because it is overloaded, or ends it. */
  'overload.changed': { readonly refusing: boolean };
  /** A request with a good key to one of the two endpoints is over, but for those that the gateway has no time for; just before its `request.over`. */
  'answer.accounted': Accounted;
  /** A stream of responses is over, and what was written of it; just after its `answer.accounted`. */
  'events.written': Pick<Accounted, 'requestId' | 'route' | 'model' | 'requestedModel'> & {
    /** By the name of the event. */
    readonly counts: ReadonlyMap<string, number>;
  };
}
