/**
 * A chart as Markdown: one Mermaid state diagram for each level, and a table of what moves nothing. One level at a time,
 * because Mermaid cannot draw an arrow between the insides of two states; each arrow is told in full where it begins.
 */

import type { Arrow, ChartState } from './chart.ts';

/** Mermaid ends a label at `:` or `;`, and reads more into others: only what is known to be plain is let through. */
const plain = (text: string): string => {
  if (!/^[\w .,()[\]/*-]+$/.test(text)) throw new Error(`diagrams: Mermaid may misread "${text}"`);
  return text;
};

const told = ({ trigger, guard, actions }: Arrow): string =>
  [trigger, ...(guard === null ? [] : [`[${guard}]`]), ...(actions.length === 0 ? [] : ['/', actions.join(', ')])].join(
    ' ',
  );

const idOf = (path: string): string => path.replaceAll('.', '_');
const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
const within = (path: string, outer: string): boolean => outer === '' || path === outer || path.startsWith(`${outer}.`);

const all = (state: ChartState): readonly ChartState[] => [state, ...state.states.flatMap(all)];

/** The arrows between the states of one level, and from them to states outside. */
const edges = (level: ChartState): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, Set<string>>();
  /** What stands for a state here: the one of this level that it is or is in; another level's state for itself. */
  const shown = (path: string): string => level.states.find((state) => within(path, state.path))?.path ?? path;
  for (const child of level.states)
    for (const { path, arrows } of all(child))
      for (const arrow of arrows) {
        const { target, reenter } = arrow;
        if (target === null || (path !== child.path && within(target, child.path))) continue;
        const to = shown(target);
        const into = to === target ? '' : `, to ${lastOf(target)}`;
        const anew = reenter ? ', entered anew' : '';
        const label = path === child.path ? `${told(arrow)}${into}${anew}` : `from within${into}`;
        const edge = `${idOf(child.path)} --> ${idOf(to)}`;
        found.set(edge, (found.get(edge) ?? new Set()).add(plain(label)));
      }
  return new Map([...found].map(([edge, labels]) => [edge, [...labels]]));
};

const outside = (level: ChartState): readonly string[] => {
  const targets = level.states.flatMap(all).flatMap(({ arrows }) => arrows.flatMap(({ target }) => target ?? []));
  return [...new Set(targets.filter((target) => !within(target, level.path)))];
};

const diagram = (level: ChartState): string =>
  [
    '```mermaid',
    'stateDiagram-v2',
    ...level.states.map(({ path }) => `  state "${plain(lastOf(path))}" as ${idOf(path)}`),
    ...outside(level).map((path) => `  state "${plain(path)}" as ${idOf(path)}`),
    ...(level.initial === null ? [] : [`  [*] --> ${idOf(level.initial)}`]),
    ...[...edges(level)].map(([edge, labels]) => `  ${edge} : ${labels.join('<br/>')}`),
    '```',
  ].join('\n');

const cell = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join('<br>');

const row = ({ path, entry, exit, arrows, ignored }: ChartState): string => {
  const turns = [...entry.map((action) => `entry / ${action}`), ...exit.map((action) => `exit / ${action}`)];
  const stays = arrows.filter(({ target }) => target === null).map(told);
  return `| ${path === '' ? 'any' : `\`${path}\``} | ${[turns, stays, ignored].map(cell).join(' | ')} |`;
};

export const diagrams = (chart: ChartState): string => {
  const levels = all(chart).filter(({ states }) => states.length > 0);
  const drawn = levels.map((level) => `${level.path === '' ? '' : `Inside \`${level.path}\`:\n\n`}${diagram(level)}`);
  const table = [
    '| state | on the way in and out | handled without leaving | ignored |',
    '|---|---|---|---|',
    ...all(chart).map(row),
  ];
  return [...drawn, table.join('\n')].join('\n\n');
};
