/** One JSON-RPC request as its sender sees it, and the ways in which it can be settled. Failures are values. */

import type { ResponseId } from '../machines/ids.ts';

/** The code of an answer that says: not now. */
export const overloaded = -32001;

export type RpcFailure =
  /** The CLI answered with an error. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }
  /** It was sent and not answered in time. */
  | { readonly kind: 'expired' }
  /** It was never taken: no place in the queue, no turn before the deadline, or overload until the last try. */
  | { readonly kind: 'busy' };

export type RpcReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly failure: RpcFailure };

export interface RpcRequest {
  readonly method: string;
  readonly params: unknown;
  /** For which response; absent: for the worker as a whole, or for a thread that its parameters name. */
  readonly response?: ResponseId | undefined;
  /** Null: it has none yet, and whoever sends it gives it one. */
  readonly deadlineMs: number | null;
  /** The operator has set this very deadline: that of all requests does not shorten it. */
  readonly deadlineOfItsOwn?: true;
  /** Added for each megabyte of parameters. */
  readonly msPerMegabyte?: number;
  /** Goes before everything that is not urgent. */
  readonly urgent?: boolean;
  /** False: an overload answer settles it at once. */
  readonly retry?: boolean;
  readonly settle: (reply: RpcReply) => void;
  /** The result that came after the deadline. */
  readonly late?: (result: unknown) => void;
}

export interface RpcCall {
  /** False: it waits only to be told so. */
  readonly hasRoom: boolean;
  /** True: it had not been sent and never will be; it is not settled. False: too late for that. */
  cancel(): boolean;
  /** From now on it has so long, and what is added for its size. */
  limit(ms: number): void;
}
