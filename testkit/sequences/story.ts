/** A session in a few lines, for whoever has to find out why it failed. */

import type { Step } from '../app-server/script.ts';
import { nameMark, type Scene, type Session } from './session.ts';

const text = (said: string): string => {
  const shown = JSON.stringify(said.replaceAll(nameMark, '«»'));
  return shown.length > 50 ? `${shown.slice(0, 40)}…"(${said.length})` : shown;
};

const word = (step: Step): string => {
  const { do: name, ...rest } = step;
  if (name === 'delta') return text(step.do === 'delta' ? step.text : '');
  const members = Object.entries(rest).map(([key, value]) =>
    typeof value === 'string' ? `${key}=${text(value)}` : `${key}=${text(JSON.stringify(value))}`,
  );
  return members.length === 0 ? name : `${name}(${members.join(' ')})`;
};

const scene = ({ row, mode, askMs, steps, client, harm, answered, interrupt }: Scene, index: number): string => {
  const more = [
    ...client.map(
      (deed) => `client ${deed.do} after ${deed.afterMs} ms${'roomBytes' in deed ? ` (${deed.roomBytes} bytes)` : ''}`,
    ),
    ...(harm === undefined ? [] : [`its process: ${harm.how} after ${harm.afterMs} ms`]),
    ...(answered === undefined ? [] : ['turn/start answered by the script']),
    ...(interrupt === undefined ? [] : ['interrupt stuck']),
  ];
  const head = `  ${index} ${row ?? 'free'} ${mode} at ${askMs} ms${more.length === 0 ? '' : `; ${more.join('; ')}`}`;
  return `${head}\n    ${steps.map(word).join(', ')}`;
};

export const story = ({ workers, turnsPerWorkerMax, pace, reorder, processes, scenes }: Session): string => {
  const health = processes.map((one, index) => `  process ${index}: ${JSON.stringify(one)}`);
  const head = `  ${workers} workers of ${turnsPerWorkerMax} turns, pieces ${pace.splitChance} within ${pace.delayMs} ms${reorder ? ', reordered' : ''}`;
  // As they were asked for: that is how complaints number them.
  const asked = scenes.toSorted((a, b) => a.askMs - b.askMs);
  return [head, ...health, ...asked.map(scene)].join('\n');
};
