/** A CPU profile of V8 as text: which functions the time went to. Pure. */

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Row {
  /** `name file:line`, the file as from the root of the project. */
  readonly place: string;
  readonly selfShare: number;
  /** With what it called; a function that calls itself counts once. */
  readonly totalShare: number;
}

const idle = new Set(['(idle)', '(root)']);
const root = /^file:\/\/.*?\/((?:node_modules|machines|actors|transport|http|testkit|bench)\/.*)$/;

const placeOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const file = root.exec(url)?.[1] ?? url;
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
};

/** Shares of the time in which the process did something, the largest first. */
export function rowsOf({ nodes, samples, timeDeltas }: CpuProfile): readonly Row[] {
  const places = new Map(nodes.map((node) => [node.id, placeOf(node.callFrame)]));
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)));
  const micros = new Map<number, number>();
  samples.forEach((id, index) => micros.set(id, (micros.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0)));
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let busy = 0;
  for (const [leaf, time] of micros) {
    const place = places.get(leaf) ?? '';
    if (idle.has(place)) continue;
    busy += time;
    self.set(place, (self.get(place) ?? 0) + time);
    const seen = new Set<string>();
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) seen.add(places.get(id) ?? '');
    for (const each of seen) total.set(each, (total.get(each) ?? 0) + time);
  }
  return [...total]
    .filter(([place]) => !idle.has(place))
    .map(([place, time]) => ({ place, selfShare: (self.get(place) ?? 0) / busy, totalShare: time / busy }))
    .toSorted((a, b) => b.selfShare - a.selfShare || b.totalShare - a.totalShare);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`.padStart(7);

export function profileText(profile: CpuProfile, rowsMax: number): string {
  const rows = rowsOf(profile);
  const line = ({ place, selfShare, totalShare }: Row): string =>
    `${percent(selfShare)} ${percent(totalShare)}  ${place}`;
  const byTotal = rows.toSorted((a, b) => b.totalShare - a.totalShare);
  return [
    '   self   total  by time of their own',
    ...rows.slice(0, rowsMax).map(line),
    '',
    '   self   total  with what they called',
    ...byTotal.slice(0, rowsMax).map(line),
    '',
  ].join('\n');
}
