/**
 * Every tool call in the history has exactly one output after it. Upstream would invent the output "aborted" for a call
 * without one and drop an output without a call, both silently. Outputs may come in any order, and a call id may be used
 * again once it has been answered.
 */

import { RequestError } from '../request-error.ts';
import { quotable } from './well-formed.ts';

export interface CallPairs {
  called(callId: string, path: string): void;
  answered(callId: string, path: string): void;
  /** The history is complete. */
  close(): void;
}

export const callPairs = (): CallPairs => {
  const open = new Map<string, string>();
  const refuse = (message: string, path: string): never => {
    throw new RequestError('invalid_function_call_output', message, path);
  };
  return {
    called: (callId, path) => {
      if (open.has(callId)) refuse(`Tool call ${quotable(callId)} appears twice without an output between.`, path);
      open.set(callId, path);
    },
    answered: (callId, path) => {
      if (open.delete(callId)) return;
      refuse(`No tool call found for function call output with call_id ${quotable(callId)}.`, path);
    },
    close: () => {
      for (const [callId, path] of open) refuse(`No tool output found for function call ${quotable(callId)}.`, path);
    },
  };
};
