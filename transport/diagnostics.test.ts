import { channel } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { createDiagnostics } from './diagnostics.ts';

interface Tried {
  'thing.happened': { readonly n: number };
  'other.happened': string;
}

test('a happening reaches who watches it, at once, and nobody else', () => {
  const { watch, publish } = createDiagnostics<Tried>(() => {});
  const heard: unknown[] = [];
  const stop = watch('thing.happened', ({ n }) => heard.push(n));
  publish('thing.happened', { n: 1 });
  publish('other.happened', 'x');
  expect(heard).toEqual([1]);
  stop();
  publish('thing.happened', { n: 2 });
  expect(heard).toEqual([1]);
});

test('whether anybody watches is known before a happening is made', () => {
  const { watch, watched } = createDiagnostics<Tried>(() => {});
  expect(watched('thing.happened')).toBe(false);
  const stop = watch('thing.happened', () => {});
  expect(watched('thing.happened')).toBe(true);
  expect(watched('other.happened')).toBe(false);
  stop();
  expect(watched('thing.happened')).toBe(false);
});

test('a watcher that throws is reported once, is told further happenings, and stops nobody', () => {
  const failures: unknown[] = [];
  const { watch, publish } = createDiagnostics<Tried>((name, error) => failures.push([name, error]));
  const told: number[] = [];
  const problem = new Error('watcher');
  const stops = [
    watch('thing.happened', ({ n }) => {
      told.push(n);
      throw problem;
    }),
    watch('thing.happened', ({ n }) => told.push(-n)),
  ];
  publish('thing.happened', { n: 1 });
  publish('thing.happened', { n: 2 });
  expect(told).toEqual([1, -1, 2, -2]);
  expect(failures).toEqual([['thing.happened', problem]]);
  for (const stop of stops) stop();
});

test('a report that fails as well, because it goes the same way, ends nothing', async () => {
  const ends: unknown[] = [];
  const ended = (error: unknown): number => ends.push(error);
  process.on('uncaughtException', ended);
  const { watch, publish } = createDiagnostics<Tried>(() => {
    throw new Error('the log');
  });
  const told: number[] = [];
  const stop = watch('thing.happened', ({ n }) => {
    told.push(n);
    throw new Error('watcher');
  });
  publish('thing.happened', { n: 1 });
  publish('thing.happened', { n: 2 });
  // Node tells of an exception in a watcher a tick later.
  await new Promise(setImmediate);
  process.off('uncaughtException', ended);
  stop();
  expect([told, ends]).toEqual([[1, 2], []]);
});

test('whatever runs in the process can watch by the name of the channel', () => {
  const { publish } = createDiagnostics<Tried>(() => {});
  const heard: unknown[] = [];
  const listener = (message: unknown): number => heard.push(message);
  channel('codex-actors:other.happened').subscribe(listener);
  publish('other.happened', 'told');
  channel('codex-actors:other.happened').unsubscribe(listener);
  expect(heard).toEqual(['told']);
});
