/**
 * What a run of sessions consisted of: rows by modes, sizes, faults, ends. Invariant: it counts what was played, not what
 * was meant to be; a run that falls short of its quotas fails.
 */

import type { Step } from '../app-server/script.ts';
import { type Mode, modes } from '../world/modes.ts';
import type { Evening, Told } from './play.ts';
import type { Session } from './session.ts';
import { rowNames } from './sessions.ts';

/** What the whole of a run must reach. */
export const quotas = { ofEachRowInEachMode: 100, shareOfSeveral: 1 / 3, shareOfFaults: 1 / 3 } as const;

const faulty = (step: Step): boolean => {
  switch (step.do) {
    case 'answer':
      return step.refusal !== undefined;
    case 'complete':
      return step.status !== 'completed';
    case 'sleep':
      return step.ms > 100_000;
    default:
      return [
        'error',
        'hang',
        'vanish',
        'stray',
        'drop',
        'duplicate',
        'half',
        'cross',
        'line',
        'bytes',
        'exit',
        'closeStdout',
      ].includes(step.do);
  }
};

/** At least one thing that should not happen. */
export const hasFault = ({ scenes, processes }: Session): boolean =>
  processes.length > 0 ||
  scenes.some(
    ({ steps, harm, client, answered, interrupt }) =>
      steps.some(faulty) ||
      harm !== undefined ||
      client.length > 0 ||
      interrupt !== undefined ||
      (answered !== undefined && !steps.some((step) => step.do === 'answer')),
  );

const endOf = ({ leftAt, client, handle }: Told): string => {
  if (leftAt !== null) return 'client left';
  if (client.socket.cut) return 'reset';
  const outcome = handle.log.ending?.outcome;
  if (outcome?.type === 'failed') return outcome.failure.code;
  return outcome?.type ?? 'none';
};

export class Census {
  readonly rows = new Map<string, Map<Mode, number>>();
  readonly ends = new Map<string, number>();
  sessions = 0;
  responses = 0;
  several = 0;
  faults = 0;
  deaths = 0;

  count({ session, told, deaths }: Evening): void {
    this.sessions += 1;
    this.responses += told.length;
    this.deaths += deaths;
    if (session.scenes.length > 1) this.several += 1;
    if (hasFault(session)) this.faults += 1;
    for (const one of told) {
      const end = endOf(one);
      this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
      const { row, mode } = one.scene;
      const cells = this.rows.get(row ?? 'free') ?? new Map<Mode, number>();
      this.rows.set(row ?? 'free', cells.set(mode, (cells.get(mode) ?? 0) + 1));
    }
  }

  /** Quotas that were not reached. */
  missing(rows: readonly string[] = rowNames): readonly string[] {
    const { ofEachRowInEachMode, shareOfSeveral, shareOfFaults } = quotas;
    const cells = rows.flatMap((row) =>
      modes.map((mode) => ({ row, mode, times: this.rows.get(row)?.get(mode) ?? 0 })),
    );
    return [
      ...cells
        .filter(({ times }) => times < ofEachRowInEachMode)
        .map(({ row, mode, times }) => `${row} in ${mode}: ${times} times instead of ${ofEachRowInEachMode}`),
      ...(this.several < shareOfSeveral * this.sessions ? [`${this.several} sessions of two or more responses`] : []),
      ...(this.faults < shareOfFaults * this.sessions ? [`${this.faults} sessions with a fault`] : []),
    ];
  }

  table(): string {
    const names = [...this.rows.keys()].toSorted();
    const cell = (value: string | number): string => String(value).padStart(7);
    const line = (name: string): string =>
      `${name.padEnd(6)}${modes.map((mode) => cell(this.rows.get(name)?.get(mode) ?? 0)).join('')}`;
    const half = Math.ceil(names.length / 2);
    const head = `${'row'.padEnd(6)}${modes.map(cell).join('')}`;
    const body = names.slice(0, half).map((name, index) => {
      const right = names[half + index];
      return right === undefined ? line(name) : `${line(name)}     ${line(right)}`;
    });
    const percent = (part: number): string => `${((100 * part) / Math.max(1, this.sessions)).toFixed(1)} %`;
    const ends = [...this.ends].toSorted((a, b) => b[1] - a[1]).map(([name, times]) => `${name} ${times}`);
    return [
      `${head}     ${head}`,
      ...body,
      `${this.sessions} sessions, ${this.responses} responses, ${this.deaths} deaths of processes`,
      `two or more responses: ${percent(this.several)}; at least one fault: ${percent(this.faults)}`,
      `ends: ${ends.join(', ')}`,
    ].join('\n');
  }
}
