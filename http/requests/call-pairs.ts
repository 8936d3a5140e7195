/**
 * Every tool call in the history has exactly one output after it. Upstream would invent the output "aborted" for a call
 * without one and drop an output without a call, both silently. Outputs may come in any order, and a call id may be used
 * again once it has been answered.
 */

import { RequestError } from '../request-error.ts';
import { quotable } from './well-formed.ts';

const refuse = (message: string, path: string): never => {
  throw new RequestError('invalid_function_call_output', message, path);
};

export class CallPairs {
  #open: Map<string, string> | null = null;

  called(callId: string, path: string): void {
    this.#open ??= new Map();
    if (this.#open.has(callId)) refuse(`Tool call ${quotable(callId)} appears twice without an output between.`, path);
    this.#open.set(callId, path);
  }

  answered(callId: string, path: string): void {
    if (this.#open?.delete(callId) === true) return;
    refuse(`No tool call found for function call output with call_id ${quotable(callId)}.`, path);
  }

  /** The history is complete. */
  close(): void {
    for (const [callId, path] of this.#open ?? [])
      refuse(`No tool output found for function call ${quotable(callId)}.`, path);
  }
}
