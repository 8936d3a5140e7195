/**
 * What a worker owes: each fact about its process is answered at once, each process is asked before it is killed, and each
 * wait has its deadline.
 */

import type { WorkerLimits } from '../../../../machines/worker.ts';
import { type Monitor, type Observed } from '../../actor.ts';
import { contract, ranOut, type Rule, sets } from './contract.ts';

interface Known {
  readonly epoch: number;
  readonly phase: 'down' | 'starting' | 'shaking' | 'serving' | 'asked' | 'killed';
}

const answers = ({ phase, epoch }: Known, seen: Observed): readonly string[] => {
  const { type, ...told } = seen.event;
  if (type === 'start.requested') return ['process.spawn'];
  if (ranOut(seen) !== null) return ['process.kill'];
  if (phase === 'down' || told['epoch'] !== epoch) return [];
  if (type === 'process.exited') return ['worker.fall'];
  const ending = phase === 'asked' || phase === 'killed';
  switch (type) {
    case 'process.spawned':
      return phase === 'starting' ? ['process.initialize'] : [];
    case 'handshake.completed':
      return phase === 'shaking' ? ['worker.rise'] : [];
    case 'handshake.failed':
      return phase === 'shaking' ? ['process.kill'] : [];
    case 'stop.requested':
      return ending ? [] : [phase === 'serving' ? 'process.ask' : 'process.kill'];
    case 'pulse.lost':
      if (phase === 'asked') return ['process.kill'];
      return phase === 'serving' ? ['worker.sicken', 'process.kill'] : [];
    default:
      return type === 'wear.observed' && phase === 'serving' ? ['worker.tire'] : [];
  }
};

const answersAtOnce: Rule<Known> = (known, seen) => {
  const due = answers(known, seen);
  const said = seen.commands.map(({ type }) => type);
  return said.join() === due.join()
    ? null
    : `says ${said.join(', ') || 'nothing'} instead of ${due.join(', ') || 'nothing'}`;
};

const deadlines =
  (limits: WorkerLimits): Rule<Known> =>
  (_, seen) => {
    const waits: { readonly [command: string]: number } = {
      'process.spawn': limits.startupMs,
      'process.initialize': limits.handshakeMs,
      'process.ask': limits.graceMs,
      'process.kill': limits.killMs,
    };
    return sets(seen, ...seen.commands.flatMap(({ type }) => waits[type] ?? []))
      ? null
      : 'a wait has no deadline, or a deadline no wait';
  };

const phases: { readonly [command: string]: Known['phase'] } = {
  'process.spawn': 'starting',
  'process.initialize': 'shaking',
  'worker.rise': 'serving',
  'process.ask': 'asked',
  'process.kill': 'killed',
  'worker.fall': 'down',
};

const learn = ({ epoch, phase }: Known, { event, commands }: Observed): Known => ({
  epoch: event.type === 'start.requested' ? (event['epoch'] as number) : epoch,
  phase: commands.reduce((was, { type }) => phases[type] ?? was, phase),
});

export const workerContract = (slot: number, limits: WorkerLimits): Monitor =>
  contract<Known>(
    `what a worker owes/${slot}`,
    { epoch: 0, phase: 'down' },
    ({ actor, event }) => actor === `worker/${slot}` && event.type !== 'start',
    [answersAtOnce, deadlines(limits)],
    learn,
  );
