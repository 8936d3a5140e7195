/** The arbitrary of sessions: rows of the catalogue and free mixtures, alone, side by side, or the same in all four modes. */

import fc from 'fast-check';
import type { Step } from '../app-server/script.ts';
import { modes } from '../world/modes.ts';
import {
  anything,
  chain,
  close,
  deltas,
  end,
  hang,
  message,
  open,
  reasoning,
  sampled,
  sprinkled,
  type Steps,
} from './blocks.ts';
import { callRows } from './rows-calls.ts';
import { faultRows } from './rows-faults.ts';
import { textRows } from './rows-text.ts';
import { worldRows } from './rows-worlds.ts';
import type { ClientDeed, Scene, Session } from './session.ts';
import type { Sketch } from './sketch.ts';

const rows = { ...textRows, ...callRows, ...faultRows, ...worldRows };
export const rowNames: readonly string[] = Object.keys(rows).toSorted();

type Drawn = Sketch & { readonly row: string | null };

const one = (step: Step): fc.Arbitrary<Steps> => fc.constant([step]);
const exits: Step = { do: 'exit', code: null, signal: 'SIGKILL' };
const reconnecting: Step = { do: 'error', retry: true, error: { message: 'Reconnecting... 1/5', info: 'other' } };
const wrong: Step = { do: 'error', retry: false, error: { message: 'wrong', info: 'serverOverloaded' } };

/** Whatever the steps of a turn can be put together to, in an order that no worker was ever seen to have. */
const free: fc.Arbitrary<Drawn> = chain(
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: message },
        { weight: 2, arbitrary: reasoning },
        { weight: 3, arbitrary: chain([open], deltas) },
        { weight: 2, arbitrary: deltas },
        { weight: 2, arbitrary: one(close) },
        { weight: 1, arbitrary: chain([{ do: 'duplicate' }], deltas) },
        { weight: 1, arbitrary: chain([{ do: 'drop', lines: 1 }], deltas) },
        { weight: 1, arbitrary: one({ do: 'call', name: 'lookup_user', arguments: '{"id":1}' }) },
        { weight: 1, arbitrary: sampled.map((step): Steps => [step]) },
        { weight: 1, arbitrary: one(reconnecting) },
        { weight: 4, arbitrary: anything.map((step): Steps => [step]) },
      ),
      { maxLength: 7 },
    )
    .map((parts) => parts.flat()),
  fc.oneof(
    { weight: 5, arbitrary: end },
    { weight: 1, arbitrary: one(hang) },
    { weight: 1, arbitrary: one(exits) },
    { weight: 1, arbitrary: one(wrong) },
  ),
).map((steps) => ({ row: null, steps }));

const drawn = (names: readonly string[]): fc.Arbitrary<Drawn> => {
  const named = names.map((row) => rows[row]?.map((sketch): Drawn => ({ row, ...sketch })) ?? free);
  return names === rowNames
    ? fc.oneof({ weight: 4, arbitrary: fc.oneof(...named) }, { weight: 1, arbitrary: free })
    : fc.oneof(...named);
};

const deeds: fc.Arbitrary<readonly ClientDeed[]> = fc.oneof(
  fc.nat({ max: 60 }).map((afterMs): readonly ClientDeed[] => [{ do: 'leave', afterMs }]),
  fc
    .tuple(fc.nat({ max: 30 }), fc.nat({ max: 4_000 }), fc.integer({ min: 1, max: 9_000 }))
    .map(([afterMs, roomBytes, blockedMs]): readonly ClientDeed[] => [
      { do: 'block', afterMs, roomBytes },
      { do: 'read', afterMs: afterMs + blockedMs },
    ]),
  fc
    .tuple(fc.nat({ max: 30 }), fc.nat({ max: 2_000 }))
    .map(([afterMs, roomBytes]): readonly ClientDeed[] => [{ do: 'block', afterMs, roomBytes }]),
);
const harms = fc.record({
  afterMs: fc.nat({ max: 40 }),
  how: fc.constantFrom('torn' as const, 'torn' as const, 'exit' as const, 'stdin' as const, 'stdout' as const),
});

const scene = (sketches: fc.Arbitrary<Drawn>): fc.Arbitrary<readonly [Drawn, Omit<Scene, 'steps' | 'row'>]> =>
  fc.tuple(
    sketches,
    fc
      .record({
        mode: fc.constantFrom(...modes),
        askMs: fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 2_000 })),
        includeUsage: fc.boolean(),
        client: fc.oneof(
          { weight: 9, arbitrary: fc.constant<readonly ClientDeed[]>([]) },
          { weight: 1, arbitrary: deeds },
        ),
        harm: fc.oneof({ weight: 24, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: harms }),
      })
      .map(({ harm, ...rest }) => ({ ...rest, ...(harm === null ? {} : { harm }) })),
  );

const companion = sprinkled(
  chain([open], deltas, deltas, [close], end),
  fc.nat({ max: 900 }).map((ms): Step => ({ do: 'sleep', ms })),
  6,
);

const sceneOf = ([sketch, own]: readonly [Drawn, Omit<Scene, 'steps' | 'row'>]): Scene => ({
  ...own,
  row: sketch.row,
  steps: sketch.steps,
  ...(sketch.ends === undefined ? {} : { ends: sketch.ends }),
  ...(sketch.answered === undefined ? {} : { answered: sketch.answered }),
  ...(sketch.interrupt === undefined ? {} : { interrupt: sketch.interrupt }),
  ...(sketch.client === undefined ? {} : { client: sketch.client }),
  ...(sketch.harm === undefined ? {} : { harm: sketch.harm }),
});

/** Sessions of these rows; of all rows and free mixtures when none is named. */
export const sessions = (names: readonly string[] = rowNames): fc.Arbitrary<Session> => {
  const scenes = scene(drawn(names));
  const some = (count: number): fc.Arbitrary<readonly (readonly [Drawn, Omit<Scene, 'steps' | 'row'>])[]> =>
    fc.array(scenes, { minLength: count, maxLength: count });
  const side = fc.oneof(
    { weight: 50, arbitrary: some(1) },
    { weight: 28, arbitrary: some(2) },
    { weight: 9, arbitrary: some(3) },
    { weight: 5, arbitrary: some(4) },
    // The same script in all four modes, at the same moment.
    { weight: 8, arbitrary: scenes.map(([sketch, own]) => modes.map((mode) => [sketch, { ...own, mode }] as const)) },
  );
  return fc
    .tuple(
      side,
      companion,
      fc.record({
        seed: fc.nat({ max: 0x7fffffff }),
        workers: fc.constantFrom(1 as const, 1 as const, 2 as const),
        turnsPerWorkerMax: fc.constantFrom(4, 4, 4, 2, 1),
        pace: fc.record({ delayMs: fc.nat({ max: 3 }), splitChance: fc.constantFrom(0, 0.2, 0.9) }),
        reorder: fc.boolean(),
      }),
    )
    .map(([drawnScenes, beside, rest]): Session => {
      const sketches = drawnScenes.map(([sketch]) => sketch);
      const lonely = drawnScenes.length === 1 && sketches[0]?.beside === true;
      const other: Scene = { row: 'A-51', mode: 'cs', steps: beside, askMs: 0, client: [], includeUsage: false };
      return {
        ...rest,
        processes: sketches.find(({ processes }) => processes !== undefined)?.processes ?? [],
        reorder: rest.reorder || sketches.some(({ reorder }) => reorder),
        pace: sketches.some(({ shredded }) => shredded) ? { delayMs: 1, splitChance: 0.95 } : rest.pace,
        scenes: [...drawnScenes.map(sceneOf), ...(lonely ? [other] : [])],
      };
    });
};
