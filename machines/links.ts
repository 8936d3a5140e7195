/**
 * Who hears what: the one place that says which command of one machine is which event of another. The runtime delivers by
 * it and the model checker composes by it. A command that is nobody's event is for the edge of the actor that emitted it.
 */

import type { ResponseId, Slot } from './ids.ts';
import type { Command, LoginEvent, StreamEvent, SupervisorEvent, WorkerEvent } from './protocol.ts';

export type Address = 'supervisor' | 'login' | `worker/${number}` | `stream/${string}`;

export type Letter =
  | { readonly to: 'supervisor'; readonly event: SupervisorEvent }
  | { readonly to: 'login'; readonly event: LoginEvent }
  | { readonly to: `worker/${number}`; readonly event: WorkerEvent }
  | { readonly to: `stream/${string}`; readonly event: StreamEvent };

export const workerAddress = (slot: Slot): `worker/${number}` => `worker/${slot}`;
export const streamAddress = (response: ResponseId): `stream/${string}` => `stream/${response}`;

const toSupervisor = (event: SupervisorEvent): readonly Letter[] => [{ to: 'supervisor', event }];

/** The letters that a command makes; empty: it is for the edge. */
export const deliver = (command: Command): readonly Letter[] => {
  switch (command.type) {
    case 'lease.request': {
      const { response, avoid } = command;
      return toSupervisor({ type: 'lease.requested', response, avoid });
    }
    case 'lease.cancel':
      return toSupervisor({ type: 'lease.cancelled', response: command.response });
    case 'lease.release': {
      const { response, lease } = command;
      return toSupervisor({ type: 'lease.released', response, lease });
    }
    case 'lease.grant':
      return [{ to: streamAddress(command.response), event: { type: 'lease.granted', lease: command.lease } }];
    case 'lease.refuse':
      return [{ to: streamAddress(command.response), event: { type: 'lease.refused', code: command.code } }];
    case 'lease.revoke':
      return [{ to: streamAddress(command.response), event: { type: 'lease.revoked', lease: command.lease } }];
    case 'stream.cut':
      return [{ to: streamAddress(command.response), event: { type: 'drain.expired' } }];
    case 'worker.start':
      return [{ to: workerAddress(command.slot), event: { type: 'start.requested', epoch: command.epoch } }];
    case 'worker.stop':
      return [{ to: workerAddress(command.slot), event: { type: 'stop.requested', epoch: command.epoch } }];
    case 'worker.rise':
      return toSupervisor({ type: 'worker.risen', slot: command.slot, epoch: command.epoch });
    case 'worker.tire':
      return toSupervisor({ type: 'worker.tired', slot: command.slot, epoch: command.epoch });
    case 'worker.sicken':
      return toSupervisor({ type: 'worker.sickened', slot: command.slot, epoch: command.epoch });
    case 'worker.fall': {
      const { slot, epoch, jitter } = command;
      return [
        { to: 'supervisor', event: { type: 'worker.fallen', slot, epoch, jitter } },
        { to: 'login', event: { type: 'worker.left', slot } },
      ];
    }
    case 'credentials.replace':
      return toSupervisor({ type: 'credentials.changed', slot: command.slot });
    case 'credentials.drop':
      return toSupervisor({ type: 'credentials.stale', slot: command.slot });
    default:
      return [];
  }
};
