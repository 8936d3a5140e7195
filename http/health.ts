/**
 * What `/healthz`, `/readyz` and `/livez` say. Everybody learns whether the gateway works; how its workers fare is told to
 * callers on this machine and to key holders.
 */

import type { Health } from '../actors/service.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { NodeCounts } from './host/host.ts';

export interface HealthView {
  readonly sandboxMode: string;
  readonly backendMode: 'app-server' | 'proto';
  /** The caller may see the inside. */
  readonly insider: boolean;
  /** `model/list` entries. */
  readonly models: readonly JsonObject[];
  readonly anomalies: Readonly<Record<string, number>>;
  /** Null: there is one process. */
  readonly nodes?: NodeCounts | null;
  readonly pid?: number;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function readinessDetails(health: Health): Json {
  const { lastExit, workers } = health;
  return {
    restarts_total: sum(workers.map((worker) => worker.restartsTotal)),
    consecutive_failures: Math.max(0, ...workers.map((worker) => worker.consecutiveFailures)),
    next_restart_delay_ms: health.restartDelayMs,
    last_exit: lastExit && { at: iso(lastExit.at), code: lastExit.code, signal: lastExit.signal },
    last_ready_at: iso(health.lastReadyAt),
    startup_latency_ms: health.startupLatencyMs,
    last_log_sample: lastExit?.reason ?? null,
  };
}

const handshake = (health: Health, models: readonly JsonObject[]): Json => ({
  received_at: iso(health.lastReadyAt),
  models: models.map((model) => model['id'] ?? null),
});

function supervisor(health: Health, { anomalies, nodes = null }: HealthView): JsonObject {
  const { workers } = health;
  return {
    worker_count: workers.length,
    ready_workers: workers.filter((worker) => worker.state === 'ready').length,
    active_turns: sum(workers.map((worker) => worker.activeTurns)),
    queued: health.queued,
    dead_letters: health.deadLetters,
    anomalies,
    ...(nodes === null ? {} : { nodes: { configured: nodes.configured, up: nodes.up } }),
    workers: workers.map((worker) => ({
      ...(worker.node === undefined ? {} : { node: worker.node }),
      slot: worker.slot,
      state: worker.state,
      active_turns: worker.activeTurns,
      restarts_total: worker.restartsTotal,
    })),
  };
}

function readiness(health: Health, view: HealthView): JsonObject {
  const since = iso(health.since);
  const open = { ready: health.ready, reason: health.readiness, since, last_change_at: since };
  if (!view.insider) return { ...open, handshake: null, details: null };
  return { ...open, handshake: handshake(health, view.models), details: readinessDetails(health) };
}

export interface HealthAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export function healthAnswer(name: 'healthz' | 'readyz' | 'livez', health: Health, view: HealthView): HealthAnswer {
  const parts = {
    ...(name === 'livez' ? {} : { readiness: readiness(health, view) }),
    ...(name === 'readyz' ? {} : { liveness: { live: health.live, reason: health.liveness } }),
  };
  const ok = { healthz: health.live && health.ready, readyz: health.ready, livez: health.live }[name];
  return {
    status: ok || name === 'healthz' ? 200 : 503,
    body: {
      ok,
      ...(name === 'healthz' ? { sandbox_mode: view.sandboxMode } : {}),
      ...(name === 'healthz' && view.insider ? { pid: view.pid ?? process.pid } : {}),
      backend_mode: view.backendMode,
      app_server_enabled: view.backendMode === 'app-server',
      health: parts,
      worker_supervisor: view.insider ? supervisor(health, view) : null,
    },
  };
}
