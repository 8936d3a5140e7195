/** Which models can be named, how they are told again, and what the worker is asked for. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../gateway.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Loose, Server, serve } from './server.ts';

const idsOf = async (server: Server): Promise<readonly string[]> =>
  (await server.get('/v1/models')).json.data.map(({ id }: Loose) => id);

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The fake app-server with a catalogue of its own: what it brings along, and further models. */
function withModels(slugs: readonly string[], args = ''): { readonly CODEX_BIN: string } {
  const fake = join(import.meta.dirname, '../app-server');
  const bin = join(aFolder(), 'codex.mjs');
  const further = `${JSON.stringify(slugs)}.map((slug) => ({ ...bundledModels[0], slug, display_name: slug, priority: 900 }))`;
  const code = [
    '#!/usr/bin/env node',
    `if (process.argv[2] === 'debug') {${args}`,
    `  const { bundledModels } = await import(${JSON.stringify(join(fake, 'catalog.ts'))});`,
    `  console.log(JSON.stringify({ models: [...bundledModels, ...${further}] }));`,
    `} else await import(${JSON.stringify(join(fake, 'main.ts'))});`,
  ];
  writeFileSync(bin, code.join('\n'));
  chmodSync(bin, 0o755);
  return { CODEX_BIN: bin };
}

/** What the worker was asked for, in the order of the requests. */
const asked = (captured: ReturnType<typeof capture>): readonly Loose[] =>
  captured.requests('thread/start').map(({ model }, index) => {
    const { effort } = captured.requests('turn/start')[index];
    return effort === undefined ? model : `${model} ${effort}`;
  });

const production = [
  ...['codex-5', 'codex-5-low', 'codex-5-medium', 'codex-5-high', 'codex-5-minimal'],
  ...['gpt-5.2-codex-L', 'gpt-5.2-codex-M', 'gpt-5.2-codex-H', 'gpt-5.2-codex-XH', 'gpt-5.2-LOCAL'],
];
const development = [
  ...['codev-5', 'codev-5-low', 'codev-5-medium', 'codev-5-high', 'codev-5-minimal'],
  ...['codev-5.1-L', 'codev-5.1-M', 'codev-5.1-H', 'codev-5.2-L', 'codev-5.2-M', 'codev-5.2-H', 'codev-5.2-XH'],
  ...['gpt-5.2-codev-L', 'gpt-5.2-codev-M', 'gpt-5.2-codev-H', 'gpt-5.2-codev-XH', 'gpt-5.2-LOCAL'],
];

test('P-60 P-72 a name is trimmed, loses codex/, and means in order: a fixed name, CODEX_MODEL, an id, an id with an effort', async () => {
  const captured = capture();
  const server = await serve({
    ...captured.env,
    ...withModels(['odd-max', 'gpt-5.2', 'codex-5-high']),
    CODEX_MODEL: 'odd-max',
  });
  const names: readonly (readonly [string, string])[] = [
    ['  codex/gpt-5.2  ', 'gpt-5.2'],
    ['CODEX/Codex-5', 'odd-max'],
    // An id that is also a fixed name.
    ['codex-5-high', 'odd-max high'],
    ['odd-max', 'odd-max'],
    ['odd-max-low', 'odd-max low'],
    ['GPT-6.1-SOL', 'gpt-6.1-sol'],
    ['gpt-6.1-sol-max', 'gpt-6.1-sol max'],
  ];
  for (const [model] of names) expect((await server.chat({ model })).json.object).toBe('chat.completion');
  expect(asked(captured)).toEqual(names.map(([, target]) => target));
  for (const model of ['codex/', 'odd', 'odd-max-loud', 'gpt-4o']) {
    const { status, json } = await server.chat({ model });
    expect([model, status, json.error.code]).toEqual([
      model,
      model === 'codex/' ? 400 : 404,
      model === 'codex/' ? 'model_required' : 'model_not_found',
    ]);
  }
});

test('P-61 every name takes an effort as its suffix, in any case', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, ...withModels(['gpt-5.2', 'gpt-5.1']) });
  const suffixes = {
    L: 'low',
    m: 'medium',
    H: 'high',
    xh: 'xhigh',
    low: 'low',
    MEDIUM: 'medium',
    high: 'high',
    xHigh: 'xhigh',
    max: 'max',
  };
  const bases = {
    'gpt-5.2-codex': 'gpt-5.2',
    'gpt-5.2': 'gpt-5.2',
    'gpt-5.1': 'gpt-5.1',
    'codev-5': 'gpt-6.1-sol',
    'gpt-6.1-sol': 'gpt-6.1-sol',
  };
  const wanted: string[] = [];
  for (const [base, target] of Object.entries(bases)) {
    for (const [suffix, effort] of Object.entries(suffixes)) {
      expect((await server.chat({ model: `${base}-${suffix}` })).status).toBe(200);
      wanted.push(`${target} ${effort}`);
    }
  }
  expect(asked(captured)).toEqual(wanted);
  // Weaker than the model can: the weakest that it has.
  for (const suffix of ['none', 'minimal'])
    expect((await server.resp({ model: `gpt-5.2-${suffix}` })).json.reasoning.effort).toBe('low');
});

test('P-62 the list: fixed names of the environment in their order, then the models that the worker shows, with its efforts', async () => {
  for (const [environment, fixed] of [
    ['local', production],
    ['dev', development],
  ] as const) {
    const server = await serve({ PROXY_ENV: environment, ...withModels(['brand-new']) });
    const ids = await idsOf(server);
    expect(ids.slice(0, fixed.length)).toEqual(fixed);
    expect(new Set(ids).size).toBe(ids.length);
    const rest = ids.slice(fixed.length);
    expect(rest.slice(-5)).toEqual(['brand-new', 'brand-new-L', 'brand-new-M', 'brand-new-H', 'brand-new-XH']);
    // Both environments accept all.
    for (const model of [...production, ...development]) {
      expect([model, (await server.get(`/v1/models/${model}`)).status]).toEqual([model, 200]);
    }
    expect((await server.chat({ model: environment === 'dev' ? 'codex-5' : 'codev-5' })).status).toBe(200);
  }
});

// Not every ten minutes: a worker reads its catalogue when it starts and never again, so in between there is nothing new to learn.
test('P-62 the list is renewed with the worker', async () => {
  const server = await serve({ WORKER_BACKOFF_INITIAL_MS: '50', WORKER_BACKOFF_MAX_MS: '50' });
  expect(await idsOf(server)).not.toContain('later');
  const catalogue = join(server.gateway.folder, 'home/models.json');
  const { models } = JSON.parse(readFileSync(catalogue, 'utf8')) as Loose;
  writeFileSync(
    catalogue,
    JSON.stringify({ models: [...models, { ...models[0], slug: 'later', display_name: 'Later' }] }),
  );
  const [worker] = server.gateway.workers();
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  // Its models are told a moment after it is ready again.
  await server.until('/v1/models/later', 200);
  expect(await idsOf(server)).toContain('later');
});

test('P-63 the list can be trimmed, and nothing else', async () => {
  const server = await serve({ PROXY_ADVERTISE_MODELS: 'codex-5' });
  expect(await idsOf(server)).toEqual(['codex-5']);
  for (const model of ['codex-5-high', 'gpt-6.1-sol', 'gpt-5.2'])
    expect((await server.chat({ model })).status).toBe(200);
});

test('P-64 a name whose model is gone means the default model, is said so once, and may be given another meaning', async () => {
  const captured = capture();
  // With a provider of the operator's own, CODEX_MODEL is whatever that provider knows; with ChatGPT it has to be listed.
  const server = await serve({
    ...captured.env,
    CODEX_PROVIDER_URL: '',
    CODEX_MODEL: 'gpt-5.2',
    PROXY_MODEL_ALIASES: 'gpt-5.1=gpt-5.5:high,team=gpt-5.5',
  });
  for (const model of ['codex-5', 'codex-5', 'gpt-5.2', 'codev-5.1-L', 'gpt-5.1', 'team']) {
    expect((await server.chat({ model })).headers['x-proxy-model']).toBe(
      ['codex-5', 'gpt-5.2'].includes(model) ? 'gpt-6.1-sol' : 'gpt-5.5',
    );
  }
  expect(asked(captured)).toEqual([
    'gpt-6.1-sol',
    'gpt-6.1-sol',
    'gpt-6.1-sol',
    'gpt-5.5 low',
    'gpt-5.5 high',
    'gpt-5.5',
  ]);
  const told = (): readonly string[] =>
    server.gateway.journal.filter((line) => line.includes('model_alias_retargeted'));
  await eventually('both are told', () => told().length >= 2);
  expect(told().filter((line) => line.includes('codex-5'))).toHaveLength(1);
  expect(told()).toHaveLength(2);
});

test('P-64 while nobody tells the models, the target is sent as it is', async () => {
  const captured = capture();
  const silent = withModels([], ' process.exit(1); ');
  const server = await serve({
    ...captured.env,
    ...silent,
    CODEX_MODEL: 'gpt-5.2',
    FAKE_CODEX_REFUSE: 'model/list:-32603:99',
  });
  for (const model of ['codex-5', 'gpt-5.1', 'anything']) expect((await server.chat({ model })).status).toBe(200);
  expect(asked(captured)).toEqual(['gpt-5.2', 'gpt-5.1', 'anything']);
});

test('P-65 C-13 an unknown model is a 404, as a stream, too, before anything else is sent', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  for (const ask of [server.chat.bind(server), server.resp.bind(server)]) {
    for (const stream of [false, true]) {
      const answer = await ask({ model: 'gpt-4o', stream });
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
      expect(answer.json).toEqual({
        error: {
          message: 'The model gpt-4o does not exist or you do not have access to it.',
          type: 'invalid_request_error',
          param: 'model',
          code: 'model_not_found',
        },
      });
    }
  }
  expect(captured.requests('thread/start')).toEqual([]);
});

test('P-66 C-18 W-19 the answer has the advertised spelling, in every frame, and as it was sent where there is none', async () => {
  const server = await serve();
  for (const [model, told] of [
    ['GPT-5.2-CODEX-XH', 'gpt-5.2-codex-XH'],
    ['gpt-5.2-codex-xh', 'gpt-5.2-codex-XH'],
    [' CODEX-5 ', 'codex-5'],
    [' GPT-5.2-codeX ', 'GPT-5.2-codeX'],
  ] as const) {
    expect((await server.chat({ model })).json.model).toBe(told);
    expect((await server.resp({ model })).json.model).toBe(told);
    const chat = await server.chatFrames({ model });
    expect([...new Set(chat.map((frame) => frame.model))]).toEqual([told]);
    const events = (await server.respFrames({ model })).filter((frame) => frame.response !== undefined);
    expect([...new Set(events.map((frame) => frame.response.model))]).toEqual([told]);
  }
});

test('P-67 C-19 W-9 the effort: of reasoning, of its two other names, of the model’s name, else none, on both endpoints', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  const rows: readonly (readonly [Loose, string | undefined])[] = [
    [{ model: 'codex-5-high' }, 'high'],
    [{ model: 'codex-5-high', reasoning: { effort: 'low' } }, 'low'],
    [{ model: 'codex-5-high', reasoning_effort: 'low' }, 'low'],
    [{ model: 'codex-5', reasoningEffort: 'medium' }, 'medium'],
    [{ model: 'codex-5', reasoning: { effort: 'xhigh' }, reasoning_effort: 'xhigh' }, 'xhigh'],
    [{ model: 'codex-5' }, undefined],
    [{ model: 'codex-5', reasoning: null, reasoning_effort: null }, undefined],
  ];
  for (const [fields] of rows) {
    expect((await server.chat(fields)).status).toBe(200);
    expect((await server.resp(fields)).status).toBe(200);
  }
  const efforts = captured.requests('turn/start').map(({ effort }) => effort);
  expect(efforts).toEqual(rows.flatMap(([, effort]) => [effort, effort]));
});

test('P-68 the efforts that are known are accepted, others are refused with their place', async () => {
  const server = await serve();
  for (const effort of ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra']) {
    expect((await server.chat({ reasoning: { effort } })).status).toBe(200);
  }
  const paramOf = async (fields: Loose) => {
    const answers = [await server.chat(fields), await server.resp(fields)];
    return answers.map(({ status, json }) => `${status} ${json.error.param}`);
  };
  expect(await paramOf({ reasoning: { effort: 'bogus' } })).toEqual(['400 reasoning.effort', '400 reasoning.effort']);
  expect(await paramOf({ reasoning: 'high' })).toEqual(['400 reasoning', '400 reasoning']);
  expect(await paramOf({ reasoning: [] })).toEqual(['400 reasoning', '400 reasoning']);
});

test('P-69 minimal works for every base; what the model lacks becomes the nearest, is shown and logged', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  for (const fields of [
    { model: 'codex-5-minimal' },
    { model: 'codev-5-minimal' },
    { model: 'codex-5', reasoning: { effort: 'minimal' } },
  ]) {
    expect((await server.chat(fields)).json.object).toBe('chat.completion');
    expect((await server.resp(fields)).json.reasoning.effort).toBe('low');
  }
  expect(new Set(captured.requests('turn/start').map(({ effort }) => effort))).toEqual(new Set(['low']));
  // The log may come after the answer.
  const told = (): readonly string[] => server.gateway.journal.filter((line) => line.includes(' effort_clamped '));
  await eventually('each is told', () => told().length >= 6);
  expect(told()).toHaveLength(6);
  expect(told()[0]).toMatch(/model=gpt-6\.1-sol asked=minimal effort=low/);
});

test('P-71 a forced provider is that of every thread; one that nobody has defined is said so, and no worker starts', async () => {
  const home = aFolder();
  const first = await serve({ CODEX_HOME: home });
  expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('\nmodel_provider = "upstream"\n');
  const { provider } = first.gateway;
  writeFileSync(
    join(home, 'config.toml'),
    `[model_providers.corp]\nname = "corp"\nbase_url = "${provider.baseUrl}"\nwire_api = "responses"\nhttp_headers = { "x-corp" = "yes" }\nsupports_websockets = false\n`,
  );
  const env = { PROXY_WORKER_COUNT: '1', CODEX_HOME: home, CODEX_PROVIDER_URL: provider.baseUrl };
  const gateway = await startGateway({ ...env, CODEX_FORCE_PROVIDER: 'corp' });
  onTestFinished(() => gateway.kill());
  expect((await new Server(gateway).chat()).status).toBe(200);
  expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('\nmodel_provider = "corp"\n');
  expect(provider.samplings.at(-1)?.headers['x-corp']).toBe('yes');

  const lost = await startGateway({ ...env, CODEX_FORCE_PROVIDER: 'nowhere' }, { workersReady: 0 });
  onTestFinished(() => lost.kill());
  expect(lost.journal.join('\n')).toMatch(/ warn home_provider_undefined provider=nowhere/);
  await lost.until((line) => line.includes(' worker_exit ') || line.includes(' worker_handshake_failed '));
  expect((await new Server(lost).chat()).json.error.code).toMatch(/^worker_(not_ready|exited)$/);
  expect(existsSync(join(home, 'config.operator.toml'))).toBe(true);
});
