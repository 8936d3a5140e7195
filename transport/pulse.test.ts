import { expect, test } from 'vitest';
import { transportLimits as limits } from '../testkit/transport-limits.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { Pulse } from './pulse.ts';
import { RpcPeer } from './rpc.ts';

const beatMs = limits.pulseMs + limits.pulseAnswerMs;

/** A worker that answers nothing; `room` is whether the pipe to it takes more. */
const silent = (room: boolean) => {
  const clock = new VirtualClock();
  const lost: string[] = [];
  const rpc = new RpcPeer({
    clock,
    ids: { jitter: () => 0.5 } as never,
    limits,
    count: () => {},
    write: () => room,
    notified: () => {},
    requested: () => false,
  });
  rpc.request({ method: 'thread/inject_items', params: {}, deadlineMs: 10_000, settle: () => {} });
  const pulse = new Pulse({
    rpc,
    clock,
    limits,
    load: () => ({ turns: 0, threads: 0 }),
    stateBytes: () => Promise.resolve(0),
    lost: (reason) => lost.push(reason),
    worn: () => {},
  });
  pulse.start();
  return { clock, pulse, lost };
};

test.for([
  ['takes more', true],
  ['is full', false],
] as const)('silence is a lost pulse after two beats while the pipe %s, and is told once', ([, room]) => {
  const { clock, lost } = silent(room);
  clock.advance(2 * beatMs - 1);
  expect(lost).toHaveLength(0);
  clock.advance(1);
  expect(lost).toHaveLength(1);
  clock.advance(100 * beatMs);
  expect(lost).toHaveLength(1);
});

test.for([
  ['takes more', true],
  ['is full', false],
] as const)('a worker that talks is alive while the pipe %s, whatever it leaves unanswered', ([, room]) => {
  const { clock, pulse, lost } = silent(room);
  for (let at = 0; at < 100; at += 1) {
    clock.advance(beatMs - 1);
    pulse.heard();
    clock.advance(1);
  }
  expect(lost).toHaveLength(0);
  clock.advance(2 * beatMs);
  expect(lost).toHaveLength(1);
});
