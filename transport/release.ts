/**
 * Letting go of a turn and its thread. Interrupt and unsubscribe belong together: without the first, the second would leave
 * the turn running, and billing. What cannot be released leaks, so the worker then counts as worn.
 */

import type { Count } from './counters.ts';
import { member } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { RpcPeer } from './rpc.ts';
import type { RpcReply } from './rpc-request.ts';

export interface ReleaseOptions {
  readonly rpc: RpcPeer;
  readonly limits: TransportLimits;
  readonly count: Count;
  readonly worn: (reason: string) => void;
}

/** Races with a turn or a thread that was already gone. */
const benign = (reply: RpcReply): boolean =>
  !reply.ok &&
  reply.failure.kind === 'refused' &&
  /no active turn|thread not found|expected active turn/u.test(reply.failure.message);

/** Without an id it means whatever turn is active: the answer to `turn/start` has not come yet. */
export const interruptTurn = (options: ReleaseOptions, threadId: string, turnId: string | null): void => {
  options.rpc.request({
    method: 'turn/interrupt',
    params: { threadId, turnId: turnId ?? '' },
    deadlineMs: options.limits.stepMs,
    urgent: true,
    settle: (reply) => {
      if (!reply.ok && !benign(reply)) options.count('interrupt.failed');
    },
  });
};

/** `closing`: `thread/closed` will follow. `gone`: it was released before. `stuck`: it will stay in the worker's memory. */
export const unsubscribeThread = (
  options: ReleaseOptions,
  threadId: string,
  settled: (state: 'closing' | 'gone' | 'stuck') => void,
): void => {
  options.rpc.request({
    method: 'thread/unsubscribe',
    params: { threadId },
    deadlineMs: options.limits.stepMs,
    urgent: true,
    settle: (reply) => {
      if (reply.ok) {
        const status = member(reply.result, 'status');
        return settled(status === 'notSubscribed' || status === 'notLoaded' ? 'gone' : 'closing');
      }
      if (benign(reply)) return settled('gone');
      options.worn('thread/unsubscribe failed');
      settled('stuck');
    },
  });
};
