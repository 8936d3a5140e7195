import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import type { ProcessEvents } from './process.ts';
import { type Frame, recording } from './transcript.ts';

test('a tap sees every line with its time and direction, and changes nothing', () => {
  const clock = new VirtualClock();
  const frames: Frame[] = [];
  const written: string[] = [];
  const chunks: string[] = [];
  let events: ProcessEvents | null = null;
  const spawner = recording(
    (_spec, given) => {
      events = given;
      return { pid: 7, write: (text) => written.push(text) > 1, end: () => {}, kill: () => {} };
    },
    clock,
    1_000,
    (frame) => frames.push(frame),
  );
  const child = spawner(
    { command: 'x', args: [], cwd: '/', env: {} },
    {
      spawned: () => {},
      stdout: (chunk) => chunks.push(chunk.toString()),
      stderr: (chunk) => chunks.push(chunk.toString()),
      drained: () => {},
      exited: () => {},
    },
  );
  const tapped = events as ProcessEvents | null;
  expect([child.pid, child.write('a\nb\n')]).toEqual([7, false]);
  clock.advance(5);
  for (const chunk of ['c', '\nd\n']) tapped?.stdout(Buffer.from(chunk));
  tapped?.stderr(Buffer.from('e\n'));
  expect(written).toEqual(['a\nb\n']);
  expect(chunks).toEqual(['c', '\nd\n', 'e\n']);
  expect(frames).toEqual([
    [0, 'in', 'a'],
    [0, 'in', 'b'],
    [5, 'out', 'c'],
    [5, 'out', 'd'],
    [5, 'err', 'e'],
  ]);
});
