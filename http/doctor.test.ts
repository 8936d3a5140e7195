import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { variables } from './config-table.ts';
import { diagnose, lineFinding, report } from './doctor.ts';
import { environmentOf, readEnvFile } from './env-file.ts';
import { changedDefaults, meaningNow, withChangesTable } from './migration.ts';

const place = { cwd: '/srv', tmpdir: '/scratch', cores: 4 };
const finding = (text: string, allowed: readonly string[] = []) => {
  const [line] = readEnvFile(text);
  if (line === undefined) throw new Error('no line');
  return lineFinding(line, allowed, place);
};

test.each([
  ['PORT=11435', 'good', 'is kept; it is the default'],
  ['PORT=8080', 'good', 'is kept: Port to listen on'],
  ['PORT=', 'good', 'counts as unset: 11435'],
  ['PORT=x', 'bad', 'is refused: expected an integer from 0 to 65535'],
  ['CODEX_APPROVAL_POLICY=on-failure', 'bad', 'is refused: expected never or untrusted or on-request'],
  ['CODEX_APPROVAL_POLICY=untrusted', 'good', 'is kept (the same as PROXY_APPROVAL_POLICY)'],
  ['PROXY_DEV_TRUNCATE_AFTER_MS=8000', 'note', 'is now named PROXY_NONSTREAM_TRUNCATE_AFTER_MS'],
  ['PROXY_DEBUG_PROTO=1', 'note', 'is now named PROXY_DEBUG_WIRE'],
  ['TOKEN_LOG_PATH=/var/log/usage', 'good', 'TOKEN_LOG_PATH=/var/log/usage  is kept'],
  ['PROXY_MAX_PROMPT_TOKENS=9', 'good', 'PROXY_MAX_PROMPT_TOKENS=9  is kept'],
  ['PROXY_ENABLE_OTEL=1', 'good', 'PROXY_ENABLE_OTEL=1  is kept'],
  ['PROXY_TIMOUT_MS=5', 'note', 'did you mean PROXY_TIMEOUT_MS?'],
  ['WORKER_RESTART_MAX=25', 'good', 'no longer for the life of the process'],
  ['DOMAIN=example.org', 'good', 'is read by compose files and the edge'],
  ['WORKER_CLOUDFLARE_API_TOKEN=t', 'good', 'is read by the edge'],
  ['FAKE_CODEX_MODE=tool_call', 'good', 'is passed on to the workers'],
  ['MY_PROVIDER=x', 'note', 'only if WORKER_ENV_ALLOW names it'],
] as const)('%s is %s: %s', (text, verdict, words) => {
  const found = finding(text);
  expect(found.verdict).toBe(verdict);
  expect(found.what).toContain(words);
});

test('a variable that the workers are allowed is told so', () => {
  expect(finding('MY_PROVIDER=x', ['MY_PROVIDER']).what).toContain('is passed on to the workers (WORKER_ENV_ALLOW)');
});

test.each([
  'PROXY_API_KEY=geheim',
  'CODEX_PROVIDER_KEY=geheim',
  'OPENAI_API_KEY=geheim',
  'PROXY_METRICS_TOKEN=geheim',
  'PROXY_API_KE=geheim',
  'SMTP_PASS=geheim',
  'DATABASE_URL=postgres://me:geheim@db/x',
  'HTTPS_PROXY=http://me:geheim@proxy:8080',
  'CODEX_PROVIDER_URL=https://me:geheim@provider.example/v1',
])('%s does not tell its value', (text) => {
  expect(finding(text).what).not.toContain('geheim');
});

const told = (text: string): string => {
  const lines = readEnvFile(text);
  return report('.env', diagnose(lines, environmentOf(lines), place), []);
};

test('a value that stops the start is told without the user of its address', () => {
  const environment = { CODEX_PROVIDER_URL: 'https://me:geheim@provider.example/v1' };
  expect(JSON.stringify(diagnose([], environment, place))).not.toContain('geheim');
});

test('a line that sets nothing is told, and what stands in it is not', () => {
  const text = report('.env', diagnose([], {}, place, [7]), []);
  expect(text).toContain('note  line 7 sets nothing');
  expect(text).toContain('  - correct or remove line 7');
});

test('what stops the start does not hide what else there is to look at', () => {
  const { result } = diagnose([], { PORT: 'x', PROXY_ENV: 'prod', CODEX_HOME: '/home/codex' }, place);
  expect([result.ok, result.config.port, result.config.codexHome]).toEqual([false, 11_435, '/home/codex']);
});

test('what has to be done comes last, in order, and nothing of it twice', () => {
  const text = told('PORT=x\nPROXY_ENV=prod\nPROXY_QUEUE_MAX=many');
  expect(text).toMatch(/CONFIG_INSECURE: Unsafe production configuration/);
  expect(text.slice(text.indexOf('Before it can start:'))).toMatch(
    /1\. correct PORT\n {2}2\. correct PROXY_QUEUE_MAX\n {2}3\. set PROXY_API_KEY to a key of your own/,
  );
  expect(text.match(/expected an integer/g)).toHaveLength(2);
});

test('what is wrong only beside other lines is told with its line, once, and hides nothing of the machine', () => {
  const file =
    'PROXY_TRACE_REQUIRED=1\nWORKER_BACKOFF_INITIAL_MS=90\nWORKER_BACKOFF_MAX_MS=10\nPROXY_HOST=0.0.0.0\nPORT=18123';
  const lines = readEnvFile(file);
  const diagnosis = diagnose(lines, environmentOf(lines), place);
  const text = report('.env', diagnosis, []);
  for (const words of [
    'PROXY_TRACE_REQUIRED=1  is refused: there is a wire trace with PROXY_ENV=dev only; set it to false, or leave it out',
    'WORKER_BACKOFF_MAX_MS=10  is refused: expected at least WORKER_BACKOFF_INITIAL_MS (90)',
    'PROXY_HOST=0.0.0.0  is refused: not a loopback address while PROXY_API_KEY is the default one',
  ])
    expect(text.split(words)).toHaveLength(2);
  expect(text).not.toContain('The start\n');
  expect(text).not.toContain('no effect yet');
  expect(text.slice(text.indexOf('Before it can start:'))).toMatch(
    /1\. correct PROXY_TRACE_REQUIRED\n {2}2\. correct WORKER_BACKOFF_MAX_MS\n {2}3\. set PROXY_API_KEY to a key of your own/,
  );
  // With defaults in the place of what cannot be used.
  expect(diagnosis.result.config).toMatchObject({ port: 18_123, host: '0.0.0.0' });
});

test('nothing in the way: how to start', () => {
  expect(told('PROXY_API_KEY=my-own-key')).toContain('Nothing stands in the way. Start it with: npm start');
});

test('a default that has changed is told unless the file decides', () => {
  expect(told('A=1')).toContain('PROXY_IDLE_TIMEOUT_MS: 120000, before 15000');
  expect(told('PROXY_IDLE_TIMEOUT_MS=15000')).not.toContain('before 15000');
});

test('what is told of variables is told of variables that exist, and their defaults are those in force', () => {
  const rows = Object.values(variables);
  for (const { name, now } of changedDefaults) {
    const { otherwise } = rows.find((row) => row.name === name) ?? { otherwise: 'missing' };
    expect(`${name} ${now}`).toBe(`${name} ${otherwise}`);
  }
  const names = rows.map(({ name }) => name);
  expect(Object.keys(meaningNow).filter((name) => !names.includes(name))).toEqual([]);
});

test('docs/migrating.md tells the changes of the table', () => {
  const page = readFileSync(new URL('../docs/migrating.md', import.meta.url), 'utf8');
  expect(page).toBe(withChangesTable(page));
  expect(page).toContain('| `PROXY_HOST` | 0.0.0.0 | 127.0.0.1 |');
});
