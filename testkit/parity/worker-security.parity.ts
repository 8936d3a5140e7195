/** What a worker may know and do: its environment, its sandbox, its own tools, and what it leaves behind. */

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { type GatewayEnv, startGateway } from '../gateway.ts';
import { marker } from '../provider/scenario.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Loose, Server, serve } from './server.ts';
import { ended } from './start.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The real CLI before a fake provider. */
async function real(env: GatewayEnv = {}): Promise<Server> {
  const gateway = await startGateway({ PROXY_WORKER_COUNT: '1', ...env });
  onTestFinished(() => gateway.kill());
  return new Server(gateway);
}

const ask = (content: string) => ({ messages: [{ role: 'user', content }] });
const toolsOf = (body: Loose): readonly string[] => (body.tools ?? []).map((tool: Loose) => tool.name ?? tool.type);
const inputOf = (body: Loose): string => JSON.stringify(body.input);

test('P-35 a worker inherits an allow-list: no key of the gateway, three pipes, no shell', async () => {
  const folder = aFolder();
  const shim = join(folder, 'shim.sh');
  const seen = join(folder, 'seen');
  // Two files, one renamed at the end: what can be read is whole.
  const script = [
    '#!/bin/sh',
    '[ "$1" = app-server ] || exit 1',
    `env > ${seen}.part`,
    `for fd in 0 1 2; do echo "FD$fd=$(readlink /proc/$$/fd/$fd)" >> ${seen}.part; done`,
    `echo "ARGS=$*" >> ${seen}.part`,
    `mv ${seen}.part ${seen}`,
    'exec sleep 30',
  ];
  writeFileSync(shim, `${script.join('\n')}\n`);
  chmodSync(shim, 0o755);
  const server = await serve(
    {
      CODEX_BIN: shim,
      PROXY_API_KEY: 'a-secret-of-the-gateway',
      CODEX_PROVIDER_KEY: 'the-key-of-the-provider',
      PROXY_USAGE_ALLOW_UNAUTH: 'false',
      WORKER_ENV_ALLOW: 'MY_OWN',
      MY_OWN: 'mine',
      ANOTHER: 'hidden',
      OPENAI_API_KEY: 'hidden',
      RUST_LOG: 'off',
      FAKE_CODEX_SEED: '7',
      STREAM_READY_FILE: '/nowhere',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      LANG: 'C',
    },
    { ready: false },
  );
  await server.gateway.until((line) => line.includes('listening'));
  while (!existsSync(seen)) await new Promise((resolve) => setTimeout(resolve, 10));
  const text = readFileSync(seen, 'utf8');
  expect(text).not.toContain('a-secret-of-the-gateway');
  expect(text).not.toContain('hidden');
  const values = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const names = [...values.keys()].filter(
    (name) => !['', 'PWD', 'OLDPWD', 'SHLVL', '_', 'ARGS', 'FD0', 'FD1', 'FD2'].includes(name),
  );
  expect(names.toSorted()).toEqual(
    [
      ...['PATH', 'HOME', 'LANG', 'CODEX_HOME', 'CODEX_SQLITE_HOME', 'CODEX_WORKER_SUPERVISED', 'RUST_LOG'],
      ...['FAKE_CODEX_SEED', 'STREAM_READY_FILE', 'HTTPS_PROXY', 'MY_OWN', 'UPSTREAM_API_KEY'],
    ].toSorted(),
  );
  expect(values.get('CODEX_WORKER_SUPERVISED')).toBe('true');
  expect(values.get('ARGS')).toBe('app-server --strict-config');
  for (const name of ['FD0', 'FD1', 'FD2']) expect(values.get(name)).toMatch(/^(pipe|socket):/);
  expect((await ended({ WORKER_ENV_ALLOW: 'PROXY_API_KEY' })).code).toBe(1);
});

test.for(['read-only', 'workspace-write', 'danger-full-access'])(
  'P-48 every thread runs in the sandbox %s',
  async (mode) => {
    const captured = capture();
    const server = await serve({ ...captured.env, PROXY_SANDBOX_MODE: mode === 'read-only' ? '' : mode });
    expect((await server.chat()).status).toBe(200);
    expect((await server.resp()).status).toBe(200);
    expect(captured.requests('thread/start').map(({ sandbox }) => sandbox)).toEqual([mode, mode]);
    expect((await server.get('/healthz')).json.sandbox_mode).toBe(mode);
  },
);

test('P-48 another sandbox refuses to start', async () => {
  const { code, stderr } = await ended({ PROXY_SANDBOX_MODE: 'none' });
  expect(code).toBe(1);
  expect(stderr).toContain('PROXY_SANDBOX_MODE="none": expected read-only or workspace-write or danger-full-access');
});

test('P-49 the approval policy is the operator’s, under both names; one that is gone upstream refuses to start', async () => {
  for (const [env, policy] of [
    [{}, 'never'],
    [{ PROXY_APPROVAL_POLICY: 'untrusted' }, 'untrusted'],
    [{ CODEX_APPROVAL_POLICY: 'on-request' }, 'on-request'],
  ] as const) {
    const captured = capture();
    const server = await serve({ ...captured.env, ...env });
    expect((await server.chat()).status).toBe(200);
    expect(captured.requests('thread/start').map(({ approvalPolicy }) => approvalPolicy)).toEqual([policy]);
  }
  for (const name of ['PROXY_APPROVAL_POLICY', 'CODEX_APPROVAL_POLICY']) {
    const { code, stderr } = await ended({ [name]: 'on-failure' });
    expect(code).toBe(1);
    expect(stderr).toContain(`${name}="on-failure": expected never or untrusted or on-request`);
  }
});

test('P-49 A-46 whatever the worker asks for is declined at once, and the turn goes on', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, PROXY_APPROVAL_POLICY: 'on-request' });
  const prompt = marker('approval', { text: 'done', n: 1 });
  expect((await server.chat(ask(prompt))).json.choices[0].message.content).toBe('done');
  const text = (await server.chat({ ...ask(prompt), stream: true })).text;
  expect(text).toContain('"finish_reason":"stop"');
  // A command, a file, the time, and something unknown, twice; the worker's clean-up is written after them.
  while (captured.requests('thread/unsubscribe').length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(captured.replies().length).toBe(8);
  for (const reply of captured.replies()) expect(reply.error.code).toBe(-32601);
});

test.for(['untrusted', 'on-request'])(
  'P-49 under %s, the real CLI asks before a command: it is not run, and the turn goes on',
  async (policy) => {
    const server = await real({ PROXY_DISABLE_INTERNAL_TOOLS: 'false', PROXY_APPROVAL_POLICY: policy });
    const touched = join(server.gateway.folder, 'work', 'touched');
    const args = JSON.stringify({
      cmd: `touch ${touched}`,
      sandbox_permissions: 'require_escalated',
      justification: 'x',
    });
    const answer = await server.chat(ask(marker('tool', { name: 'exec_command', args })));
    expect(answer.json.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(existsSync(touched)).toBe(false);
  },
);

test('P-50 the provider is offered the tools of the client, and nothing else', async () => {
  const server = await real();
  const { provider } = server.gateway;
  const name = 'lookup_user';
  const parameters = { type: 'object', properties: { id: { type: 'string' } } };
  await server.chat(ask('hi'));
  await server.chat({ ...ask('hi'), tools: [{ type: 'function', function: { name, parameters } }] });
  await server.resp({ tools: [{ type: 'function', name, parameters }] });
  const bodies = provider.samplings.map(({ body }) => body as Loose);
  expect(bodies.map(toolsOf)).toEqual([[], [name], [name]]);
  // Nor is it told anything but the client's words.
  for (const body of bodies) {
    expect(body.instructions ?? '').toBe('');
    expect(body.input).toHaveLength(1);
  }
});

test.for([{ PROXY_DISABLE_INTERNAL_TOOLS: 'false' }, { PROXY_DISABLE_INTERNAL_TOOLS_CONFIG: 'off' }])(
  'P-50 A-44 %o leaves the worker its own tools: it runs them itself, and the client hears of its own only',
  async (env) => {
    const server = await real(env);
    const { provider } = server.gateway;
    const args = JSON.stringify({ cmd: 'echo the-answer-is-$((40+2))' });
    const prompt = marker('tool', { name: 'exec_command', args });
    const whole = await server.chat(ask(prompt));
    expect(whole.json.choices[0].finish_reason).toBe('stop');
    expect(whole.json.choices[0].message.tool_calls).toBeUndefined();
    const [first, second] = provider.samplings.map(({ body }) => body as Loose);
    expect(toolsOf(first)).toEqual(
      expect.arrayContaining(['exec_command', 'apply_patch', 'update_plan', 'view_image']),
    );
    expect(inputOf(second)).toContain('the-answer-is-42');
    // Both samplings are paid for.
    expect(whole.json.usage.prompt_tokens).toBeGreaterThan(60);

    const streamed = await server.respFrames({ input: prompt });
    expect(streamed.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    expect(streamed.some((frame) => String(frame.type).includes('function_call'))).toBe(false);

    // A tool of the client's ends the answer as ever.
    const parameters = { type: 'object', properties: {} };
    const tools = [{ type: 'function', function: { name: 'lookup_user', parameters } }];
    const called = await server.chat({ ...ask(marker('tool', { name: 'lookup_user', args: '{}' })), tools });
    expect(called.json.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'lookup_user', arguments: '{}' } }] },
    });
  },
);

test('P-50 the model may be told, and the web may be searched', async () => {
  const server = await real({ PROXY_DISABLE_INTERNAL_TOOLS_PROMPT: 'true', PROXY_ENABLE_WEB_SEARCH_REQUEST: 'true' });
  const answer = await server.chat(ask(marker('websearch')));
  expect(answer.json.choices[0].finish_reason).toBe('stop');
  const body = server.gateway.provider.samplings[0]?.body as Loose;
  expect(toolsOf(body)).toEqual(['web_search']);
  expect(body.input.map(({ role }: Loose) => role)).toEqual(['developer', 'user']);
  expect(inputOf(body)).toContain('Do not use built-in tools');
});

test('P-51 nothing of the work folder is read into prompts; an AGENTS.md of the operator’s is, and is announced', async () => {
  const folder = aFolder();
  writeFileSync(join(folder, 'AGENTS.md'), 'WORKDIR-TEXT');
  const plain = await real({ PROXY_CODEX_WORKDIR: folder });
  await plain.chat(ask('hi'));
  expect(inputOf(plain.gateway.provider.samplings[0]?.body)).not.toContain('WORKDIR-TEXT');
  expect(plain.gateway.journal.join('\n')).not.toContain('home_agents_md');

  const home = aFolder();
  writeFileSync(join(home, 'AGENTS.md'), 'OPERATOR-TEXT');
  const told = await real({ CODEX_HOME: home });
  await told.chat(ask('hi'));
  expect(JSON.stringify(told.gateway.provider.samplings[0]?.body)).toContain('OPERATOR-TEXT');
  expect(told.gateway.journal.filter((line) => line.includes(' home_agents_md '))).toHaveLength(1);
});

test('P-52 the work folder is made with its parents, is where workers are, and has to be writable', async () => {
  const folder = aFolder();
  const work = join(folder, 'a', 'b', 'work');
  const pidFile = join(folder, 'pid');
  await serve({ PROXY_CODEX_WORKDIR: work, CHILD_PID_FILE: pidFile });
  expect(statSync(work).isDirectory()).toBe(true);
  const cwd = `/proc/${readFileSync(pidFile, 'utf8')}/cwd`;
  expect(statSync(cwd).ino).toBe(statSync(work).ino);

  writeFileSync(join(folder, 'file'), '');
  const refused = await ended({ PROXY_CODEX_WORKDIR: join(folder, 'file', 'work') });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    `the working directory of the workers is not writable (ENOTDIR): ${folder}/file/work`,
  );
});

test('P-53 the home has to be there and writable; the operator’s files in it stay his', async () => {
  const folder = aFolder();
  const missing = await ended({ CODEX_HOME: join(folder, 'none') });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain(`CODEX_HOME does not exist: ${join(folder, 'none')}`);
  // To root every folder is writable, but those of the kernel.
  const sealed = process.getuid?.() === 0 ? '/sys' : join(folder, 'sealed');
  const refused = await ended({ CODEX_HOME: sealed });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^CODEX_HOME (is not writable|does not exist)/m);

  const home = aFolder();
  writeFileSync(join(home, 'auth.json'), '{"mine":true}');
  writeFileSync(join(home, 'AGENTS.md'), 'mine');
  writeFileSync(
    join(home, 'config.toml'),
    'model_provider = "corp"\nmodel = "x"\n[model_providers.corp]\nname = "corp"\n[mcp_servers.y]\n',
  );
  const server = await serve({ CODEX_HOME: home, CODEX_PROVIDER_URL: '', FAKE_CODEX_ACCOUNT: 'chatgpt' });
  expect((await server.chat()).status).toBe(200);
  expect(readFileSync(join(home, 'auth.json'), 'utf8')).toBe('{"mine":true}');
  expect(readFileSync(join(home, 'AGENTS.md'), 'utf8')).toBe('mine');
  const config = readFileSync(join(home, 'config.toml'), 'utf8');
  expect(config.split('\n')[0]).toBe('# generated by codex-actors');
  expect(config).toContain('model_provider = "corp"');
  expect(config).toContain('[model_providers.corp]');
  expect(config).not.toContain('mcp_servers');
  expect(readFileSync(join(home, 'config.operator.toml'), 'utf8')).toContain('[mcp_servers.y]');
  const warning = server.gateway.journal.find((line) => line.includes(' home_operator_config '));
  expect(warning).toMatch(/model.*mcp_servers\.y/);
});

const rollouts = (home: string): readonly string[] => {
  const sessions = join(home, 'sessions');
  return existsSync(sessions)
    ? readdirSync(sessions, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
    : [];
};

test('P-54 nothing of a request is left on the disk', async () => {
  const server = await real();
  const home = join(server.gateway.folder, 'home');
  await server.chat(ask('first'));
  const before = readdirSync(home, { recursive: true }).length;
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.chat(ask('again'))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  }
  expect(readdirSync(home, { recursive: true }).length).toBe(before);
  expect(rollouts(home)).toEqual([]);
});

test('P-54 the operator may keep rollouts, for audit', async () => {
  const server = await real({ PROXY_PERSIST_THREADS: 'true' });
  const home = join(server.gateway.folder, 'home');
  await server.chat(ask('remember-me'));
  await server.resp({ input: 'me-too' });
  const texts = (): string =>
    rollouts(home)
      .map((name) => readFileSync(join(home, 'sessions', name), 'utf8'))
      .join('');
  // When the CLI writes them is its own affair.
  for (const words of ['remember-me', 'me-too']) await eventually(words, () => texts().includes(words));
  expect(rollouts(home)).toHaveLength(2);
});

test('P-42 the configuration of the workers says which credentials are used, and where they are good', async () => {
  for (const [method, forced, url] of [
    ['', 'chatgpt', 'https://chatgpt.com/backend-api/codex'],
    ['chatgpt', 'chatgpt', 'https://chatgpt.com/backend-api/codex'],
    ['apikey', 'api', 'https://api.openai.com/v1'],
  ] as const) {
    const env = { CODEX_PROVIDER_URL: '', FAKE_CODEX_ACCOUNT: 'chatgpt', PROXY_PREFERRED_AUTH_METHOD: method };
    const server = await serve(env);
    const config = readFileSync(join(server.gateway.folder, 'home', 'config.toml'), 'utf8');
    expect(config).toContain(`forced_login_method = "${forced}"\n`);
    expect(config).toContain(`base_url = "${url}"\n`);
    expect(config).toContain('requires_openai_auth = true\n');
  }
});
