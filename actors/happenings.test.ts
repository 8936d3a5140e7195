/** What the runtime tells of the ends of processes and of the pace of answers. */

import { expect, test } from 'vitest';
import { type Happenings, letterKind } from './diagnostics.ts';
import type { WorkerFact } from './seams.ts';
import type { TurnEvent } from './turn.ts';
import { House } from '../testkit/house.ts';
import type { FakeChannel } from '../testkit/fake-launcher.ts';

type Heard = { [Name in keyof Happenings]: readonly [Name, Happenings[Name]] }[keyof Happenings];

const watched = () => {
  const heard: Heard[] = [];
  const diagnostics = {
    watched: () => true,
    publish: (...told: unknown[]) => void heard.push(told as unknown as Heard),
  };
  const house = new House({}, () => null, { diagnostics });
  const reasons = () => heard.flatMap(([name, told]) => (name === 'worker.exited' ? [told.reason] : []));
  return { house, heard, reasons, worker: () => house.launcher.worker(0) };
};

const facts =
  (...all: readonly WorkerFact[]) =>
  (worker: FakeChannel) => {
    for (const fact of all) worker.facts.next(fact);
  };
const gone = (signal: string | null): WorkerFact => ({ type: 'process.exited', code: 1, signal, reason: 'test' });

test.each([
  ['crashed', true, facts(gone(null))],
  ['killed', true, facts(gone('SIGKILL'))],
  ['pulse_lost', true, facts({ type: 'pulse.lost', reason: 'test' }, gone('SIGKILL'))],
  ['worn', true, facts({ type: 'wear.observed', reason: 'test' }, gone(null))],
  ['handshake_failed', false, facts({ type: 'handshake.failed', reason: 'test' }, gone('SIGKILL'))],
  ['incompatible', false, facts({ type: 'handshake.failed', reason: 'old', incompatible: '0.1' }, gone(null))],
] as const)('P-193 a process whose end is %s is told so once', (reason, isUp, end) => {
  const { house, reasons, worker } = watched();
  if (isUp) house.rise();
  else worker().facts.next({ type: 'process.spawned' });
  end(worker());
  expect(reasons()).toEqual([reason]);
});

test('P-193 one that does not shake hands in time failed at that, one that is drained was stopped', () => {
  const silent = watched();
  silent.worker().facts.next({ type: 'process.spawned' });
  silent.house.clock.advance(15_000);
  silent.worker().exit(null);
  expect(silent.reasons()).toEqual(['handshake_failed']);
  const drained = watched();
  drained.house.rise();
  void drained.house.node.drain();
  drained.worker().exit(0);
  expect(drained.reasons()).toEqual(['stopped']);
});

const opened: TurnEvent = { type: 'item.opened', item: 'm', kind: 'message' };
const delta: TurnEvent = { type: 'text.delta', item: 'm', delta: 'a' };

test('an answer tells the gaps between its pieces at its end, and one without a worker none', () => {
  const { house, heard, worker } = watched();
  const ended = () => heard.flatMap(([name, told]) => (name === 'response.ended' ? [told] : []));
  house.rise();
  const { id } = house.open();
  worker().say(id, { type: 'turn.accepted' }, opened, delta);
  house.clock.advance(40);
  worker().say(id, delta, delta);
  house.clock.advance(3);
  // No piece of the answer.
  worker().say(id, { type: 'thought.observed' });
  house.clock.advance(4);
  worker().say(id, delta);
  worker().exit();
  const gaps = ended()[0]?.gaps;
  expect([Array.from(gaps?.counts ?? []).slice(0, 5), gaps?.sumMs]).toEqual([[0, 1, 0, 1, 0], 47]);
  for (let count = 0; count < 9; count += 1) house.open();
  expect(ended().at(-1)).toMatchObject({ gaps: null, slot: null, outcome: { failure: { code: 'worker_busy' } } });
});

test('P-193 a letter that finds nobody is told by the kind of its address, and by nothing that has no end', () => {
  expect(['supervisor', 'login', 'worker/3', 'stream/resp_1', 'what'].map(letterKind)).toEqual([
    'supervisor',
    'login',
    'worker',
    'stream',
    'stream',
  ]);
});
