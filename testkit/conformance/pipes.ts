/**
 * The pipes of the process under test: everything that goes through them is recorded as the process gets and gives it,
 * after a scenario has spoiled or held back what the transport wrote.
 */

import type { Clock } from '../../actors/seams.ts';
import type { PipedProcess, ProcessSpawner } from '../../transport/process.ts';
import { recording } from '../../transport/transcript.ts';
import { methodOf } from './entry.ts';
import type { Recorder } from './recorder.ts';
import type { Scenario } from './scenarios.ts';

export interface Pipes {
  readonly spawner: ProcessSpawner;
  /** The process, past the recording. */
  readonly child: () => PipedProcess;
}

type Write = (text: string) => boolean;

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

export const openPipes = (
  scenario: Scenario,
  recorder: Recorder,
  native: ProcessSpawner,
  clock: Clock,
  lineBytesMax: number,
): Pipes => {
  const { hold, spoil } = scenario;
  let child: PipedProcess | null = null;
  const kept: ProcessSpawner = (spec, events) => (child = native(spec, events));
  const taped = recording(kept, clock, lineBytesMax, ([, direction, line]) => {
    if (direction !== 'err') recorder.add([direction, line]);
  });
  const held = (write: Write, { request, until }: NonNullable<Scenario['hold']>): Write => {
    return (text) => {
      const late = linesOf(text).filter((line) => methodOf(line) === request);
      const now = linesOf(text).filter((line) => methodOf(line) !== request);
      if (late.length > 0) void recorder.times('out', until).then(() => write(textOf(late)));
      return now.length === 0 || write(textOf(now));
    };
  };
  return {
    spawner: (spec, events) => {
      const process = taped(spec, events);
      const write: Write = (text) => process.write(spoil?.(text) ?? text);
      return { ...process, write: hold === undefined ? write : held(write, hold) };
    },
    child: () => {
      if (child === null) throw new Error('no process was started');
      return child;
    },
  };
};
