/** A defect with a name, the small simulation that shows it, and what its story must say. */

import { map } from 'rxjs';
import type { Channel, TurnOutput } from '../../actors/seams.ts';
import type { ProcessEvents, ProcessSpawner } from '../../transport/process.ts';
import { outputsOf } from '../text-runs.ts';
import type { Seams } from '../world/world.ts';
import type { Defect } from './defect.ts';
import { type Mix, quiet } from './swarm.ts';

export interface Break extends Defect {
  readonly name: string;
  /** Rows of the catalogue of defects that it stands for, if any. */
  readonly rows: readonly string[];
  readonly about: string;
  /** The small simulation: `quiet` but for this. */
  readonly mix: Mix;
  readonly responses: number;
  /** What the violation says. */
  readonly expects: RegExp;
}

export const small = (mix: Partial<Mix>): Mix => ({ ...quiet, ...mix });

/** Only these turns. */
export const only = (...turns: readonly string[]): Mix => small({ faultChance: 1, turns });

/** Something else is heard of the workers' turns than what they said; one function for each process. */
export const hearing = (listen: () => (output: TurnOutput) => readonly TurnOutput[]): (() => Seams) => {
  const deaf = (channel: Channel): Channel => {
    const heard = listen();
    return {
      output: channel.output.pipe(map((batch) => batch.flatMap(outputsOf).flatMap(heard))),
      facts: channel.facts,
      send: (command) => channel.send(command),
    };
  };
  return () => ({
    launcher: (launcher) => ({ ...launcher, launch: (slot, epoch) => deaf(launcher.launch(slot, epoch)) }),
  });
};

/** Something happens to what goes into the processes or comes out of them. */
export const piping = (
  write: (text: string, events: ProcessEvents) => string,
  hear: (events: ProcessEvents) => Partial<ProcessEvents> = () => ({}),
): (() => Seams) => {
  const bent =
    (spawner: ProcessSpawner): ProcessSpawner =>
    (spec, events) => {
      const whole: ProcessEvents = {
        spawned: () => events.spawned(),
        stdout: (chunk) => events.stdout(chunk),
        stderr: (chunk) => events.stderr(chunk),
        drained: () => events.drained(),
        exited: (exit) => events.exited(exit),
      };
      const process = spawner(spec, { ...whole, ...hear(whole) });
      return {
        pid: process.pid,
        end: () => process.end(),
        kill: () => process.kill(),
        write: (text) => {
          const bentText = write(text, whole);
          return bentText === '' ? true : process.write(bentText);
        },
      };
    };
  return () => ({ spawner: bent });
};
