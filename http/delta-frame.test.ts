import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResponseLog } from '../actors/log.ts';
import { ByteTape } from '../actors/tape.ts';
import { emptyLog } from '../testkit/log-examples.ts';
import { growing, grown, logPlan } from '../testkit/log-arbitrary.ts';
import { chatStream } from './chat-stream.ts';
import { DeltaFrame } from './delta-frame.ts';
import { partPlace, partWires } from './part-wire.ts';
import type { Projection } from './projection.ts';
import { responsesStream } from './responses-stream.ts';

/** Deltas of two parts and what is between them; the text of each as the log holds it. */
const logOf = (runs: readonly (readonly string[])[]): ResponseLog => {
  const log = emptyLog('resp_frames');
  const item = log.openItem({ id: 'msg_frames', kind: 'message' });
  for (const run of runs) {
    const part = log.openPart(item, 'text');
    for (const delta of run) log.append(part, delta);
    log.closePart(part);
  }
  return log;
};

/** The general way: each entry is looked at, each frame put together from its pieces. */
const general = (
  log: ResponseLog,
  cursor: number,
  part: number,
  [before, behind, after]: readonly string[],
): string => {
  let text = '';
  for (let next = cursor; next < log.length; next += 1) {
    const step = log.step(next);
    if (step.type !== 'delta' || step.part !== log.part(part)) break;
    const said = Buffer.from(log.escaped(step.start, step.end)).toString('utf8');
    text += behind === undefined ? `${before}${said}${after}` : `${before}${next}${behind}${said}${after}`;
  }
  return text;
};

const piece = fc.string({ unit: 'binary', maxLength: 100 });
const run = fc.array(fc.oneof(piece, fc.constantFrom('"', '\n', '😀', 'x'.repeat(200))), { maxLength: 130 });

test('deltas in a row are the bytes that general code writes, in any room and from any cursor', () => {
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 1, maxLength: 3 }),
      fc.tuple(piece, fc.option(piece), piece),
      fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (runs, [before, behind, after], rooms, jumps) => {
        const log = logOf(runs);
        const fixed = [before, behind ?? undefined, after].map((text) =>
          text === undefined ? null : Buffer.from(text),
        );
        const wellFormed = fixed.map((bytes) => bytes?.toString('utf8'));
        const [head, tail] = [fixed[0] ?? Buffer.of(), fixed[2] ?? Buffer.of()];
        const frames = new Map<number, DeltaFrame>();
        const written = (cursor: number, room: number): { readonly text: string; readonly next: number } => {
          const part = log.deltaPart(cursor);
          const frame = frames.get(part) ?? new DeltaFrame(head, fixed[1] ?? null, tail);
          frames.set(part, frame);
          const out = new ByteTape();
          const next = frame.write(log, cursor, part, out, room);
          return { text: out.view().toString('utf8'), next };
        };
        for (let start = 0, turn = 0; start < log.length; ) {
          const part = log.deltaPart(start);
          if (part < 0) {
            start += 1;
            continue;
          }
          const expected = general(log, start, part, wellFormed as string[]);
          let text = '';
          while (log.deltaPart(start) === part) {
            const got = written(start, rooms[turn++ % rooms.length] ?? 1);
            expect(got.next).toBeGreaterThan(start);
            start = got.next;
            text += got.text;
          }
          expect(text).toBe(expected);
        }
        // A frame that has written others may be asked for any.
        for (const jump of jumps) {
          const cursor = jump % log.length;
          const part = log.deltaPart(cursor);
          if (part >= 0)
            expect(written(cursor, Infinity).text).toBe(general(log, cursor, part, wellFormed as string[]));
        }
      },
    ),
  );
});

test('numbers are exact, whichever comes after whichever', () => {
  const frame = new DeltaFrame(Buffer.from('<'), Buffer.from('>'), Buffer.from('\n'));
  const number = fc.oneof(
    fc.nat(2 ** 31),
    fc.constantFrom(0, 1, 8, 9, 10, 11, 98, 99, 100, 999, 1_000, 9_999, 10_000, 99_999, 100_000),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(number, fc.integer({ min: 1, max: 25 })), { minLength: 1 }), (runs) => {
      for (const [first, count] of runs) {
        const out = new ByteTape();
        const log = {
          deltaPart: (index: number) => (index < first + count ? 0 : -1),
          copyDelta: () => undefined,
        } as unknown as ResponseLog;
        expect(frame.write(log, first, 0, out, Infinity)).toBe(first + count);
        const wanted = Array.from({ length: count }, (_, index) => `<${first + index}>\n`).join('');
        expect(out.view().toString('utf8')).toBe(wanted);
      }
    }),
  );
});

const timing = { firstContentMs: () => null, elapsedMs: () => 0 };
const projections: readonly (readonly [string, (log: ResponseLog) => Projection])[] = [
  ['responses', () => responsesStream()],
  ['chat', ({ head }) => chatStream({ choice: 0, head, includeUsage: false, timing, stopMode: 'first' })],
];

test.each(projections)(
  '%s: however a log is cut into batches and rooms, its frames are those of each entry alone',
  (_, make) => {
    fc.assert(
      fc.property(logPlan, fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1 }), (plan, rooms) => {
        const finished = grown(plan);
        const single = make(finished);
        const wanted = new ByteTape();
        for (let next = 0; next < finished.length; ) next = single.project(finished, next, wanted, wanted.length + 1);

        const out = new ByteTape();
        let [cursor, turn] = [0, 0];
        let reading: Projection | null = null;
        for (const log of growing(plan)) {
          reading ??= make(log);
          while (cursor < log.length) {
            const room = rooms[turn++ % rooms.length] ?? 1;
            cursor = reading.project(log, cursor, out, out.length + room);
          }
        }
        expect(out.view().toString('utf8')).toBe(wanted.view().toString('utf8'));
      }),
    );
  },
);

test('responses: a delta is the frame that its pieces make', () => {
  fc.assert(
    fc.property(logPlan, (plan) => {
      const log = grown(plan);
      const out = new ByteTape();
      responsesStream().project(log, 0, out, Infinity);
      const frames = out.view().toString('utf8').split('\n\n');
      for (let index = 0; index < log.length; index += 1) {
        const step = log.step(index);
        if (step.type !== 'delta') continue;
        const { deltaHead, textTail } = partWires[step.part.kind];
        const said = Buffer.from(log.escaped(step.start, step.end)).toString('utf8');
        const text = `${deltaHead.toString()}${index}${partPlace(step.item.id, step.part)},"delta":"${said}${textTail.toString()}`;
        expect(`${frames[index]}\n\n`).toBe(text);
      }
    }),
  );
});
