/**
 * The mutants that no test can tell from the source, each with the reason; and the comparison of such a list with what a run
 * left alive. Invariant: the list is exact, so a survivor that is new, and one that is gone, both fail.
 */

/** A change of one place: the line of source it is in, what stood there, and what stands there now. */
export interface Survivor {
  readonly file: string;
  readonly line: string;
  readonly from: string;
  readonly to: string;
}

export interface Explained extends Survivor {
  readonly why: string;
}

const told = ({ file, line, from, to }: Survivor): string => `${file}: in "${line}" ${from} -> ${to}`;

/** How a run differs from the list; empty when it does not. */
export const unexplained = (found: readonly Survivor[], listed: readonly Explained[]): readonly string[] => {
  const left = listed.map(told);
  const alive = found.map(told).filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...alive.map((one) => `no test notices it: ${one}`),
    ...left.map((one) => `listed, but it does not survive (any more): ${one}`),
  ];
};

const file = 'machines/pool-steps.ts';

export const equivalent: readonly Explained[] = [
  {
    file,
    line: "if (state.worn === null || state.phase !== 'ready') return;",
    from: "state.phase !== 'ready'",
    to: 'false',
    why: 'What follows is `retire`, which does nothing in another phase; this saves looking for another slot.',
  },
  {
    file,
    line: 'if (leases.includes(response)) release(draft, response, { slot, epoch });',
    from: 'leases.includes(response)',
    to: 'true',
    why: 'To release what a slot does not hold changes no lease; in no pool that can come about is there anything to stop, to retire or to grant then.',
  },
];
