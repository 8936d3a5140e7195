/**
 * The vocabulary of the house on one page: what each machine is told (events: facts, in the past tense) and what it
 * emits (commands: imperatives). Everything said about a lease carries its epoch. `links.ts` says which command of one
 * machine is which event of another; the remaining commands are for the edges (transport and response log).
 */

import type { Epoch, Lease, ResponseId, Slot } from './ids.ts';
import type { Failure, FailureCode, Outcome } from './outcome.ts';

/* ---- stream: produces one response ------------------------------------------------------------------------------ */

export type StreamEvent =
  | { type: 'stream.opened' }
  // from the supervisor
  | { type: 'lease.granted'; lease: Lease }
  | { type: 'lease.refused'; code: FailureCode }
  | { type: 'lease.revoked'; lease: Lease }
  | { type: 'drain.expired' }
  // from the worker's output, in the order in which the CLI wrote it
  | { type: 'turn.accepted'; lease: Lease }
  | { type: 'turn.refused'; lease: Lease; failure: Failure }
  | { type: 'output.started'; lease: Lease }
  | { type: 'output.observed'; lease: Lease }
  | { type: 'output.broken'; lease: Lease }
  | { type: 'output.overflowed'; lease: Lease }
  | { type: 'call.completed'; lease: Lease }
  | { type: 'sampling.completed'; lease: Lease }
  | { type: 'upstream.retried'; lease: Lease }
  | { type: 'turn.ended'; lease: Lease; outcome: Outcome }
  | { type: 'turn.closed'; lease: Lease }
  // from the readers
  | { type: 'client.gone' };

/** A state met an event that it neither handles nor ignores. */
export type BugReport = { type: 'bug.report'; event: string };

export type StreamCommand =
  | BugReport
  | { type: 'lease.request'; response: ResponseId; avoid: Lease | null }
  | { type: 'lease.cancel'; response: ResponseId }
  | { type: 'lease.release'; response: ResponseId; lease: Lease }
  | { type: 'turn.start'; response: ResponseId; lease: Lease }
  | { type: 'turn.stop'; response: ResponseId; lease: Lease }
  | { type: 'log.begin'; response: ResponseId }
  | { type: 'log.end'; response: ResponseId; outcome: Outcome }
  | { type: 'stream.close'; response: ResponseId };

/* ---- worker: one slot and the process that has it now ------------------------------------------------------------ */

export type WorkerEvent =
  // from the supervisor
  | { type: 'start.requested'; epoch: Epoch }
  | { type: 'stop.requested'; epoch: Epoch }
  // from the process
  | { type: 'process.spawned'; epoch: Epoch }
  | { type: 'process.exited'; epoch: Epoch; jitter: number }
  | { type: 'handshake.completed'; epoch: Epoch }
  | { type: 'handshake.failed'; epoch: Epoch }
  | { type: 'pulse.lost'; epoch: Epoch }
  | { type: 'wear.observed'; epoch: Epoch };

export type WorkerCommand =
  | BugReport
  | { type: 'process.spawn'; slot: Slot; epoch: Epoch }
  | { type: 'process.initialize'; slot: Slot; epoch: Epoch }
  | { type: 'process.ask'; slot: Slot; epoch: Epoch }
  | { type: 'process.kill'; slot: Slot; epoch: Epoch }
  | { type: 'worker.rise'; slot: Slot; epoch: Epoch }
  | { type: 'worker.tire'; slot: Slot; epoch: Epoch }
  | { type: 'worker.sicken'; slot: Slot; epoch: Epoch }
  | { type: 'worker.fall'; slot: Slot; epoch: Epoch; jitter: number };

/* ---- supervisor: slots, leases, the queue before them, restarts -------------------------------------------------- */

export type SupervisorEvent =
  | { type: 'pool.opened' }
  // from streams
  /** `avoid`: the process on which the turn came to nothing; another one is wanted. */
  | { type: 'lease.requested'; response: ResponseId; avoid: Lease | null }
  | { type: 'lease.cancelled'; response: ResponseId }
  | { type: 'lease.released'; response: ResponseId; lease: Lease }
  // from workers
  | { type: 'worker.risen'; slot: Slot; epoch: Epoch }
  | { type: 'worker.tired'; slot: Slot; epoch: Epoch }
  | { type: 'worker.sickened'; slot: Slot; epoch: Epoch }
  | { type: 'worker.fallen'; slot: Slot; epoch: Epoch; jitter: number }
  // from the login machine and the operator
  | { type: 'credentials.changed'; slot: Slot }
  | { type: 'credentials.stale'; slot: Slot }
  | { type: 'drain.requested' }
  // from itself, delayed
  | { type: 'slot.rested'; slot: Slot }
  | { type: 'slot.settled'; slot: Slot }
  | { type: 'slot.forgiven'; slot: Slot };

export type SupervisorCommand =
  | BugReport
  | { type: 'lease.grant'; response: ResponseId; lease: Lease }
  | { type: 'lease.refuse'; response: ResponseId; code: FailureCode }
  | { type: 'lease.revoke'; response: ResponseId; lease: Lease }
  | { type: 'stream.cut'; response: ResponseId }
  | { type: 'worker.start'; slot: Slot; epoch: Epoch }
  | { type: 'worker.stop'; slot: Slot; epoch: Epoch }
  | { type: 'pool.close' };

/* ---- login: whose account the workers use ------------------------------------------------------------------------ */

export interface Offer {
  readonly loginId: string;
  readonly url: string;
  /** Device code that the person types at `url`. */
  readonly code: string;
}

export type LoginEvent =
  | { type: 'account.observed'; slot: Slot; signedIn: boolean }
  | { type: 'account.rejected'; slot: Slot }
  | { type: 'login.wanted' }
  | { type: 'login.offered'; slot: Slot; offer: Offer }
  | { type: 'login.failed'; slot: Slot }
  | { type: 'login.completed'; slot: Slot; success: boolean }
  | { type: 'worker.left'; slot: Slot };

export type LoginCommand =
  | BugReport
  | { type: 'account.read'; slot: Slot }
  | { type: 'login.start' }
  | { type: 'credentials.replace'; slot: Slot }
  | { type: 'credentials.drop'; slot: Slot };

export type Command = StreamCommand | WorkerCommand | SupervisorCommand | LoginCommand;
