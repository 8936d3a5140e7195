// The fake provider as a process of its own, for benchmarks and offline development.
// Prints one JSON line {"baseUrl","origin","port","pid"}; ends when stdin closes, on SIGTERM or on SIGINT.
// Options: --port <n> or PROVIDER_PORT; --scenario "<spec>" or PROVIDER_SCENARIO; --record <n> or PROVIDER_RECORD.

import { parseArgs } from 'node:util';
import { parseSpec } from './scenario.ts';
import { startProvider } from './server.ts';

function integer(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${text}`);
  return value;
}

const { values } = parseArgs({
  options: { port: { type: 'string' }, scenario: { type: 'string' }, record: { type: 'string' } },
});
const { env } = process;
const scenario = values.scenario ?? env['PROVIDER_SCENARIO'] ?? 'default';
parseSpec(scenario);

const provider = await startProvider({
  port: integer('port', values.port ?? env['PROVIDER_PORT'] ?? '0'),
  recordMax: integer('record', values.record ?? env['PROVIDER_RECORD'] ?? '0'),
  defaultScenario: scenario,
  control: true,
});

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  void provider.close().then(() => process.exit(0));
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.stdin.once('end', stop);
process.stdin.once('error', stop);
process.stdin.resume();
const { baseUrl, origin, port } = provider;
process.stdout.write(`${JSON.stringify({ baseUrl, origin, port, pid: process.pid })}\n`);
