import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Book, type SeriesNow } from './book.ts';
import { HostPage } from './host-page.ts';
import { seriesRead } from './series-sent.ts';

/** A node's series: some that grow, some that tell of the moment. */
class Process {
  readonly #book = new Book();
  readonly requests = this.#book.counter({ name: 'requests_total', help: 'Requests.', labelNames: ['route'] });
  readonly waits = this.#book.histogram({ name: 'wait_seconds', help: 'Waits.' }, [1, 5]);
  open = 0;
  far = 0;

  constructor() {
    const gauge = { type: 'gauge', lines: 1 } as const;
    const now = (value: () => number) => ({ ...gauge, samples: () => [{ labels: {}, value: value() }] });
    this.#book.keep(
      { name: 'open', help: 'Open.' },
      now(() => this.open),
    );
    this.#book.keep(
      { name: 'far', help: 'Farthest.', across: 'max' },
      now(() => this.far),
    );
    this.#book.keep(
      { name: 'own', help: 'Of the process.', across: 'each' },
      now(() => this.far),
    );
  }

  now = async (): Promise<readonly SeriesNow[]> => seriesRead(JSON.parse(JSON.stringify(await this.#book.now())));
  page = (): Promise<string> => this.#book.page();
}

const valueOf = (page: string, line: string): number | null => {
  const found = page.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? null : Number(found.slice(line.length + 1));
};

test('a process by itself has the page that it would have written', async () => {
  const node = new Process();
  node.requests.inc({ route: '/a "b"' }, 2);
  node.waits.observe({}, 3);
  const page = new HostPage();
  page.told(0, await node.now());
  const text = await page.page(new Set([0]), []);
  expect(text.replace('{node="0"}', '')).toBe(await node.page());
});

test('what describes the moment is added, or the most of it is told; what is of a process is told of each', async () => {
  const [one, other, page] = [new Process(), new Process(), new HostPage()];
  [one.open, one.far, other.open, other.far] = [2, 7, 3, 4];
  page.told(0, await one.now());
  page.told(1, await other.now());
  const text = await page.page(new Set([0, 1]), []);
  const values = ['open', 'far', 'own{node="0"}', 'own{node="1"}'].map((line) => valueOf(text, line));
  expect(values).toEqual([5, 7, 7, 4]);
});

const step = fc.record({
  type: fc.constantFrom('count', 'ask', 'die', 'miss' as const),
  node: fc.nat(2),
  by: fc.integer({ min: 1, max: 9 }),
});

test('what was counted is never told as less, whoever dies and whoever answers; what was told before a death is kept', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const nodes = [new Process(), new Process(), new Process()];
      const page = new HostPage();
      let [total, shown] = [0, 0];
      /** Counted since the node has last told of itself. */
      const untold = [0, 0, 0];
      for (const { type, node, by } of steps) {
        if (type === 'count') {
          nodes[node]!.requests.inc({ route: '/a' }, by);
          nodes[node]!.waits.observe({}, by);
          untold[node]! += by;
          total += by;
        } else if (type === 'die') {
          page.fell(node);
          nodes[node] = new Process();
          total -= untold[node]!;
          untold[node] = 0;
        } else {
          const answering = [0, 1, 2].filter((one) => type === 'ask' || one !== node);
          for (const one of answering) {
            page.told(one, await nodes[one]!.now());
            untold[one] = 0;
          }
          const text = await page.page(new Set(answering), []);
          const requests = valueOf(text, 'requests_total{route="/a"}') ?? 0;
          expect(requests).toBeGreaterThanOrEqual(shown);
          expect(requests).toBe(total - untold.reduce((sum, one) => sum + one, 0));
          expect(valueOf(text, 'wait_seconds_sum') ?? 0).toBe(requests);
          shown = requests;
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('a quantile of several nodes is that of all their measurements', async () => {
  const sizes = (size: number, count: number): number[] =>
    Array.from({ length: 150 }, (_, index) => (index === size ? count : 0));
  const series = (size: number, count: number): SeriesNow => ({
    name: 'took_ms',
    help: 'Took.',
    type: 'summary',
    across: 'sum',
    samples: [
      { metricName: 'took_ms', labels: { quantile: 0.5, route: '/a' }, value: 1 },
      { metricName: 'took_ms_count', labels: { route: '/a' }, value: count },
    ],
    windows: [{ labels: { route: '/a' }, sizes: sizes(size, count) }],
  });
  const page = new HostPage();
  page.told(0, [series(0, 1)]);
  page.told(1, [series(50, 3)]);
  const text = await page.page(new Set([0, 1]), []);
  expect(valueOf(text, 'took_ms{quantile="0.5",route="/a"}')).toBeGreaterThan(100);
  expect(valueOf(text, 'took_ms_count{route="/a"}')).toBe(4);
});

test('a series that is none is left out, the others are not', () => {
  const good = { name: 'a', help: '', type: 'gauge', across: 'sum', samples: [], windows: [] };
  for (const nonsense of [null, 1, {}, { ...good, name: 'a b' }, { ...good, type: 'x' }, { ...good, samples: [{}] }])
    expect(seriesRead([nonsense, good])).toEqual([good]);
  expect(seriesRead('page')).toEqual([]);
});
