import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { Book } from './book.ts';

const names = ['route', 'model'] as const;
const labels = fc.record({ route: fc.constantFrom('/v1/a', '/v1/b'), model: fc.constantFrom('x', 'y"z\\', '') });
const bounds = [0.5, 1, 10, 250];
const amount = fc.oneof(fc.constantFrom(0, 0.5, 1, 10, 250, 251), fc.double({ min: 0, max: 1e6, noNaN: true }));

test('the page is that of prom-client, whatever was counted and in which order', async () => {
  const steps = fc.array(fc.tuple(labels, amount, fc.boolean()), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const registers = [new Registry()];
      const [registry] = registers as [Registry];
      const theirs = {
        counter: new Counter({ name: 'a_total', help: 'A.', labelNames: [...names], registers }),
        histogram: new Histogram({ name: 'b', help: 'B.', labelNames: [...names], buckets: bounds, registers }),
        bare: new Histogram({ name: 'c', help: 'C.', buckets: bounds, registers }),
      };
      const book = new Book();
      const ours = {
        counter: book.counter({ name: 'a_total', help: 'A.', labelNames: names }),
        histogram: book.histogram({ name: 'b', help: 'B.', labelNames: names }, bounds),
        bare: book.histogram({ name: 'c', help: 'C.' }, bounds),
      };
      for (const [set, value, counted] of all) {
        if (counted) {
          theirs.counter.inc(set, value);
          ours.counter.inc(set, value);
        } else {
          theirs.histogram.observe(set, value);
          ours.histogram.observe(set, value);
          theirs.bare.observe(value);
          ours.bare.observe({}, value);
        }
      }
      expect(await book.page()).toBe(await registry.metrics());
      const found = (await registry.getMetricsAsJSON()) as unknown as readonly { values: object[] }[];
      const told = await book.now();
      expect(told.map(({ samples }) => samples.length)).toEqual(found.map(({ values }) => values.length));
    }),
    { numRuns: 50 },
  );
});

test('what is no number is not added, and a counter does not fall', () => {
  const book = new Book();
  const counter = book.counter({ name: 'a_total', help: 'A.', labelNames: ['kind'] });
  const histogram = book.histogram({ name: 'b', help: 'B.' }, bounds);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => counter.inc({ kind: 'x' }, bad)).toThrow(TypeError);
    expect(() => histogram.observe({}, bad)).toThrow(TypeError);
  }
  expect(() => counter.inc({ kind: 'x' }, -1)).toThrow(RangeError);
});

test('what a caller has beside the labels of a series is none of it', async () => {
  const book = new Book();
  const counter = book.counter({ name: 'a_total', help: 'A.', labelNames: ['kind'] });
  counter.inc({ kind: 'x', other: 'y' } as { kind: string });
  expect(await book.page()).toContain('a_total{kind="x"} 1\n');
});
