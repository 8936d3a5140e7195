/**
 * What is left when nothing should be: the check at the end of a world. Time alone has to bring every response to its end and
 * every slot back; after a drain not even a timer may be left, and no letter of all may have been dead: within one node nobody
 * writes to who is gone. Each leftover is one line of text.
 */

import type { World } from './world.ts';

/** The longest that any response may take, and the longest that a worker may take to forget it. */
const restMs = ({ limits, transport }: World): number => {
  const { live, whole, pool } = limits;
  const total = Math.max(live.totalMs, whole.totalMs);
  const letGo = Math.max(live.interruptMs, live.closeMs, whole.interruptMs, whole.closeMs);
  return total + letGo + transport.closeMs + transport.stepMs + pool.settledMs + 1_000;
};

const held = (world: World): string[] => {
  const { queued, workers } = world.node.health();
  const slots = workers.filter((worker) => worker.activeTurns > 0);
  const streams = [...world.probe.cells.keys()].filter((address) => address.startsWith('stream/'));
  const open = world.handles.filter(({ log }) => log.ending === null);
  return [
    ...open.map(({ id }) => `${id} has not ended`),
    ...slots.map(({ slot, activeTurns }) => `worker ${slot} still has ${activeTurns} leases`),
    ...(queued > 0 ? [`${queued} requests still wait`] : []),
    ...streams.map((address) => `${address} is still registered (${world.probe.state(address)})`),
  ];
};

/** Threads that a worker in service still has in its memory. */
const threads = async (world: World): Promise<string[]> => {
  for (const process of world.processes.alive) process.count();
  await world.advance(50);
  return world.processes.alive.flatMap(({ slot, epoch, census }) =>
    census === null || (census.threads === 0 && census.turns === 0)
      ? []
      : [`process ${slot}/${epoch} still holds ${census.threads} threads and ${census.turns} turns`],
  );
};

export const leftovers = async (world: World): Promise<readonly string[]> => {
  const { limits, clock, processes, probe } = world;
  await world.advance(restMs(world));
  const before = [...held(world), ...(await threads(world))];
  world.drain();
  const { drainMs, cutMs, stopMs, restartWindowMs } = limits.pool;
  await world.advance(drainMs + cutMs + stopMs + 1_000);
  const drained = world.drained ? [] : ['the drain has not ended'];
  // Only what the supervisor remembers about restarts, and the last offer of a device code, runs on.
  await world.advance(Math.max(restartWindowMs, limits.login.pendingMs) + 1_000);
  return [
    ...before,
    ...drained,
    ...processes.alive.map(({ slot, epoch }) => `process ${slot}/${epoch} is still alive`),
    ...(clock.pending > 0 ? [`${clock.pending} timers are still set`] : []),
    ...probe.deadLetters.map(({ to, event }) => `dead letter ${event.type} to ${to}`),
    ...world.bugs.map((bug) => `bug: ${bug.message}`),
  ];
};
