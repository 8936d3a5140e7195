/**
 * How several nodes fare together. Invariants: it does not matter which of them is asked; the host is ready, or live, when any node
 * is, because the port is theirs together; counts are those of all.
 */

import { z } from 'zod';
import { type Health, loginStates } from '../../actors/service.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Condition } from './host.ts';

const text = z.string().max(500);
const moment = z.number().nullable();

const worker = z.object({
  slot: z.number(),
  node: z.number().optional(),
  state: text,
  activeTurns: z.number(),
  restartsTotal: z.number(),
  consecutiveFailures: z.number(),
});

const exit = z.object({ at: z.number(), code: z.number().nullable(), signal: text.nullable(), reason: z.string() });

const health = z.object({
  ready: z.boolean(),
  readiness: text,
  live: z.boolean(),
  liveness: text,
  since: z.number(),
  queued: z.number(),
  workers: z.array(worker).max(10_000),
  lastExit: exit.nullable(),
  restartDelayMs: moment,
  lastReadyAt: moment,
  startupLatencyMs: moment,
  deadLetters: z.number(),
  login: z.enum(loginStates),
});

const told = z.object({
  health,
  leaving: z.boolean(),
  models: z.array(z.object({ id: z.string().nullable() })).max(1_000),
  anomalies: z.record(z.string(), z.number()),
  nodes: z.object({ configured: z.number(), up: z.number() }).nullable(),
  pid: z.number(),
});

/** Of a model only its name is told. */
export const conditionSent = ({ models, ...rest }: Condition): JsonObject =>
  ({
    ...rest,
    models: models.map(({ id }) => ({ id: typeof id === 'string' ? id : null })),
  }) as unknown as JsonObject;

/** Null: it is none. */
export const conditionRead = (sent: unknown): Condition | null => {
  const read = told.safeParse(sent);
  return read.success ? (read.data as unknown as Condition) : null;
};

/** What there is to say of a host none of whose nodes has answered. */
const silent = (health: Partial<Health>): Health => ({
  ready: false,
  readiness: 'supervisor_not_initialized',
  live: true,
  liveness: 'worker_not_started',
  since: 0,
  queued: 0,
  workers: [],
  lastExit: null,
  restartDelayMs: null,
  lastReadyAt: null,
  startupLatencyMs: null,
  deadLetters: 0,
  login: 'unknown',
  ...health,
});

const hopeful = ['handshake_complete', 'handshake_pending', 'worker_launching', 'worker_exit'];
const lively = ['worker_running', 'worker_restarting', 'worker_starting', 'worker_not_started'];
/** The worst first: an operator has to act on it. */
const urgent = ['pending', 'signed_out', 'signed_in', 'unknown'] as const;

const rank = (order: readonly string[], word: string): number =>
  order.includes(word) ? order.indexOf(word) : order.length;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const latest = (moments: readonly (number | null)[]): number | null => {
  const known = moments.filter((one) => one !== null);
  return known.length === 0 ? null : Math.max(...known);
};

export interface Surroundings {
  readonly configured: number;
  readonly pid: number;
  /** All nodes are about to stop. */
  readonly leaving: boolean;
  /** When there was last nobody who could have answered. */
  readonly since: number;
}

export function merged(
  nodes: ReadonlyMap<number, Condition>,
  { configured, pid, leaving, since }: Surroundings,
): Condition {
  const all = [...nodes.values()].map((one) => one.health);
  // A node that leaves alone is out of it: the others serve its port.
  const serving = [...nodes.values()].filter((one) => !one.leaving).map((one) => one.health);
  const asked = serving.length > 0 ? serving : all;
  const ready = asked.filter((one) => one.ready);
  const [best] = asked.toSorted((a, b) => rank(hopeful, a.readiness) - rank(hopeful, b.readiness));
  const [alive] = all.toSorted((a, b) => rank(lively, a.liveness) - rank(lively, b.liveness));
  const alike = asked.filter((one) => one.readiness === best?.readiness).map((one) => one.since);
  const newest = all.toSorted((a, b) => (b.lastReadyAt ?? 0) - (a.lastReadyAt ?? 0))[0];
  const anomalies: Record<string, number> = {};
  for (const one of nodes.values())
    for (const [name, count] of Object.entries(one.anomalies)) anomalies[name] = (anomalies[name] ?? 0) + count;
  return {
    health: silent(
      best === undefined || alive === undefined
        ? { since }
        : {
            ready: ready.length > 0,
            readiness: best.readiness,
            live: all.some((one) => one.live),
            liveness: alive.liveness,
            // Ready since the first of those who are; not ready since the last one that was is not any more.
            since: ready.length > 0 ? Math.min(...ready.map((one) => one.since)) : Math.max(...alike),
            queued: sum(all.map((one) => one.queued)),
            workers: [...nodes].flatMap(([node, one]) => one.health.workers.map((each) => ({ ...each, node }))),
            lastExit: all.flatMap((one) => one.lastExit ?? []).toSorted((a, b) => b.at - a.at)[0] ?? null,
            restartDelayMs: latest(all.map((one) => one.restartDelayMs)),
            lastReadyAt: latest(all.map((one) => one.lastReadyAt)),
            startupLatencyMs: newest?.startupLatencyMs ?? null,
            deadLetters: sum(all.map((one) => one.deadLetters)),
            login: urgent.find((state) => all.some((one) => one.login === state)) ?? 'unknown',
          },
    ),
    leaving: leaving || (nodes.size > 0 && [...nodes.values()].every((one) => one.leaving)),
    models: [...nodes.values()].find((one) => one.models.length > 0)?.models ?? [],
    anomalies,
    nodes: { configured, up: nodes.size },
    pid,
  };
}

/** What a node says whose parent does not answer: it cannot let anybody in, and a host like that has to be started again. */
export const abandoned = (own: Condition, configured: number): Condition => ({
  ...own,
  health: {
    ...own.health,
    ready: false,
    readiness: 'shutdown_in_progress',
    live: false,
    liveness: 'shutdown_in_progress',
  },
  nodes: { configured, up: 0 },
});
