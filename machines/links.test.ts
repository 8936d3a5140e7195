import { expect, test } from 'vitest';
import type { Epoch, ResponseId, Slot } from './ids.ts';
import { deliver, type Letter } from './links.ts';
import { failed } from './outcome.ts';
import type { Command } from './protocol.ts';
import { ignored, only } from './vocabulary.ts';

const response = 'resp_x' as ResponseId;
const place = { slot: 3 as Slot, epoch: 7 as Epoch };
const lease = place;
const { slot } = place;

/** Each command that is an event of a machine: who hears it, and as what. */
const heard: { readonly [T in Command['type']]?: readonly [Extract<Command, { type: T }>, ...Letter[]] } = {
  'lease.request': [
    { type: 'lease.request', response, avoid: lease },
    { to: 'supervisor', event: { type: 'lease.requested', response, avoid: lease } },
  ],
  'lease.cancel': [
    { type: 'lease.cancel', response },
    { to: 'supervisor', event: { type: 'lease.cancelled', response } },
  ],
  'lease.release': [
    { type: 'lease.release', response, lease },
    { to: 'supervisor', event: { type: 'lease.released', response, lease } },
  ],
  'lease.grant': [
    { type: 'lease.grant', response, lease },
    { to: 'stream/resp_x', event: { type: 'lease.granted', lease } },
  ],
  'lease.refuse': [
    { type: 'lease.refuse', response, code: 'worker_busy' },
    { to: 'stream/resp_x', event: { type: 'lease.refused', code: 'worker_busy' } },
  ],
  'lease.revoke': [
    { type: 'lease.revoke', response, lease },
    { to: 'stream/resp_x', event: { type: 'lease.revoked', lease } },
  ],
  'stream.cut': [
    { type: 'stream.cut', response },
    { to: 'stream/resp_x', event: { type: 'drain.expired' } },
  ],
  'worker.start': [
    { type: 'worker.start', ...place },
    { to: 'worker/3', event: { type: 'start.requested', epoch: place.epoch } },
  ],
  'worker.stop': [
    { type: 'worker.stop', ...place },
    { to: 'worker/3', event: { type: 'stop.requested', epoch: place.epoch } },
  ],
  'worker.rise': [
    { type: 'worker.rise', ...place },
    { to: 'supervisor', event: { type: 'worker.risen', ...place } },
  ],
  'worker.tire': [
    { type: 'worker.tire', ...place },
    { to: 'supervisor', event: { type: 'worker.tired', ...place } },
  ],
  'worker.sicken': [
    { type: 'worker.sicken', ...place },
    { to: 'supervisor', event: { type: 'worker.sickened', ...place } },
  ],
  'worker.fall': [
    { type: 'worker.fall', ...place, jitter: 0.5 },
    { to: 'supervisor', event: { type: 'worker.fallen', ...place, jitter: 0.5 } },
    { to: 'login', event: { type: 'worker.left', slot } },
  ],
  'credentials.replace': [
    { type: 'credentials.replace', slot },
    { to: 'supervisor', event: { type: 'credentials.changed', slot } },
  ],
  'credentials.drop': [
    { type: 'credentials.drop', slot },
    { to: 'supervisor', event: { type: 'credentials.stale', slot } },
  ],
};

test.each(Object.entries(heard))('%s is heard by those it is for', (_, [command, ...letters]) => {
  expect(deliver(command)).toEqual(letters);
});

test('a command for the edge makes no letter', () => {
  const edge: readonly Command[] = [
    { type: 'turn.start', response, lease },
    { type: 'log.end', response, outcome: failed('worker_busy') },
    { type: 'stream.close', response },
    { type: 'process.spawn', ...place },
    { type: 'pool.close' },
    { type: 'login.start' },
    { type: 'bug.report', event: 'x' },
  ];
  expect(edge.flatMap(deliver)).toEqual([]);
});

test('what is ignored has a transition that does nothing; what is guarded is ignored otherwise', () => {
  expect(ignored('a', 'b')).toEqual({ a: {}, b: {} });
  expect(only('g', { target: 't' })).toEqual([{ guard: 'g', target: 't' }, {}]);
});
