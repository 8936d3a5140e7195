import { expect, it } from 'vitest';
import { Reloader } from './reload.ts';

/** Gateways that end when they are told to. */
function stage() {
  const running: { signals: string[]; end: (code: number) => void }[] = [];
  const said: string[] = [];
  const reloader = new Reloader(
    () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      const signals: string[] = [];
      running.push({ signals, end: resolve });
      return { kill: (signal) => void signals.push(signal), ended: promise };
    },
    (line) => said.push(line),
  );
  const end = async (code: number): Promise<void> => {
    running.at(-1)?.end(code);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { running, said, reloader, end };
}

it('drains the old one before it starts the next, however often a source changes meanwhile', async () => {
  const { running, reloader, end } = stage();
  reloader.changed('http/a.ts');
  reloader.changed('http/b.ts');
  expect(running.map(({ signals }) => signals)).toEqual([['SIGTERM']]);
  await end(0);
  expect(running).toHaveLength(2);
});

it('starts the next also when the old one is cut short', async () => {
  const { running, reloader, end } = stage();
  reloader.changed('http/a.ts');
  await end(143);
  expect(running).toHaveLength(2);
});

it('waits for a correction when the next one does not start', async () => {
  const { running, said, reloader, end } = stage();
  reloader.changed('http/a.ts');
  await end(0);
  await end(1);
  expect(said.at(-1)).toContain('waiting for a change');
  reloader.changed('http/a.ts');
  expect(running).toHaveLength(3);
});

it('ends as the first one that does not start', async () => {
  const { running, reloader, end } = stage();
  await end(1);
  expect([await reloader.result, running.length]).toEqual([1, 1]);
});

it.each([0, 143])('passes a signal on and ends with code %i', async (code) => {
  const { running, reloader, end } = stage();
  reloader.end('SIGINT');
  reloader.changed('http/a.ts');
  await end(code);
  expect([await reloader.result, running.length, running[0]?.signals]).toEqual([code, 1, ['SIGINT']]);
});

it('ends at once while it waits for a correction', async () => {
  const { reloader, end } = stage();
  reloader.changed('http/a.ts');
  await end(0);
  await end(1);
  reloader.end('SIGINT');
  expect(await reloader.result).toBe(0);
});
