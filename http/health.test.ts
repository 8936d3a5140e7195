import { expect, test } from 'vitest';
import { readyHealth } from '../testkit/fake-service.ts';
import { healthAnswer } from './health.ts';

const view = {
  sandboxMode: 'read-only',
  backendMode: 'app-server',
  models: [],
  anomalies: { 'response.late': 2 },
} as const;

test('an insider learns what went wrong: the last exit in words, the back-off, what should not happen and did', () => {
  const { body } = healthAnswer('healthz', readyHealth, { ...view, insider: true });
  expect(body).toMatchObject({
    health: { readiness: { details: { last_log_sample: 'exit code 1', next_restart_delay_ms: 500 } } },
    worker_supervisor: { anomalies: { 'response.late': 2 } },
  });
});

test('nobody else does', () => {
  const text = JSON.stringify(healthAnswer('healthz', readyHealth, { ...view, insider: false }).body);
  expect(text).not.toMatch(/exit code|500|response\.late/);
});

test('where nothing has gone wrong there is nothing to tell', () => {
  const health = { ...readyHealth, lastExit: null, restartDelayMs: null };
  const { body } = healthAnswer('readyz', health, { ...view, insider: true, anomalies: {} });
  expect(body).toMatchObject({
    health: { readiness: { details: { last_log_sample: null, next_restart_delay_ms: null, last_exit: null } } },
    worker_supervisor: { anomalies: {} },
  });
});

test('in legacy mode it says so', () => {
  const { body } = healthAnswer('healthz', readyHealth, { ...view, backendMode: 'proto', insider: false });
  expect(body).toMatchObject({ backend_mode: 'proto', app_server_enabled: false });
});
