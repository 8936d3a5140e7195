/** The compose files and Traefik's dynamic files, as data: what they mean without an engine. `npm run test:deploy` brings them up. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { forwardAuth, ports, rateLimit, routers } from '../../deploy/edge/policy.ts';
import { type Stack, traefikLabels } from '../../deploy/edge/traefik.ts';
import { readConfig } from '../../http/config.ts';
import { type ComposeService, composeFile, environmentOf, textOf } from './compose-file.ts';
import { npmScript, scratch } from './npm-script.ts';
import { readTable } from './rows.ts';

const shim = join(import.meta.dirname, '../app-server/main.ts');
const production = 'docker-compose.yml';
const development = 'deploy/compose/dev.stack.yml';
const place = { cwd: '/app', tmpdir: '/scratch', cores: 2 };
const required = {
  PROXY_API_KEY: 'a-key-of-my-own',
  DOMAIN: 'codex.example.com',
  PROXY_CORS_ALLOWED_ORIGINS: 'https://chat.example',
};

const serviceOf = (file: string, name: string, environment: Readonly<Record<string, string>> = required) => {
  const service = composeFile(file, environment).services[name];
  if (service === undefined) throw new Error(`${file} has no service ${name}`);
  return service;
};

const configOf = (service: ComposeService) => {
  const read = readConfig(environmentOf(service), place);
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read;
};

test.each([production, development, 'docker-compose.local.yml'])(
  'P-238 P-244 P-245 %s: no root, nothing written but where it is said, and no log that fills the disk',
  (file) => {
    for (const service of Object.values(composeFile(file, required).services))
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '5' } },
      });
  },
);

describe('production', () => {
  test('P-238 W-64 services, ports, mounts, restarts, and time to drain', () => {
    const { services, networks } = composeFile(production, required);
    expect(Object.keys(services)).toEqual(['app', 'app-responses', 'auth']);
    expect(networks).toEqual({ traefik: { external: true } });
    const of = (key: 'ports' | 'volumes') => Object.values(services).map((service) => service[key]);
    expect(of('ports')).toEqual([['127.0.0.1:11435:11435'], ['127.0.0.1:11436:11435'], ['127.0.0.1:18080:8080']]);
    expect(of('volumes')).toEqual([
      ['./.codex-api:/app/.codex-api', './.data:/app/.data'],
      ['./.codex-responses-api:/app/.codex-api', './.data/responses:/app/.data'],
      undefined,
    ]);
    for (const service of Object.values(services))
      expect(service).toMatchObject({ restart: 'unless-stopped', build: '.', networks: ['traefik'] });
    expect(composeFile(production, { ...required, IMAGE: 'mine:1' }).services['app']?.image).toBe('mine:1');
    const { config } = configOf(serviceOf(production, 'app'));
    const graceMs = Number.parseInt(serviceOf(production, 'app').stop_grace_period ?? '', 10) * 1_000;
    expect(graceMs).toBeGreaterThan(config.drainNoticeMs + config.drainMs + config.shutdownGraceMs);
    expect(configOf(serviceOf(production, 'app-responses')).config.outputMode).toBe('openai-json');
    expect(services['auth']?.healthcheck?.test.join(' ')).toContain('/healthz');
  });

  test('P-239 a variable that is needed and missing is named', () => {
    for (const name of Object.keys(required))
      expect(() => composeFile(production, { ...required, [name]: '' })).toThrow(name);
  });

  test('P-239 W-64 every variable can be set', () => {
    // Written by the gateway for its workers, never read.
    const written = ['CODEX_WORKER_SUPERVISED'];
    const { variables } = readTable();
    const gateways = variables.filter(({ part }) => part !== 'operations').flatMap(({ names }) => names);
    for (const service of ['app', 'app-responses']) {
      const { environment } = serviceOf(production, service);
      expect(gateways.filter((name) => !(name in environment) && !written.includes(name))).toEqual([]);
      // Not there alone: what is set arrives.
      const fixed = /^(PORT|PROXY_HOST|NODE_ENV|CODEX_HOME|PROXY_DATA_DIR)$/;
      const ownOf = (name: string) =>
        service === 'app' ? name : name.replace(/^(?=PROXY_CORS_ALLOWED)PROXY_/, 'RESPONSES_');
      const given = Object.fromEntries(gateways.map((name) => [ownOf(name), `set-${name}`]));
      const arrived = environmentOf(serviceOf(production, service, { ...required, ...given }));
      const deaf = gateways.filter((name) => name in arrived && arrived[name] !== `set-${name}` && !fixed.test(name));
      expect([service, deaf]).toEqual([service, service === 'app' ? [] : ['PROXY_OUTPUT_MODE']]);
    }
    const text = textOf(production) + textOf(development);
    const [settings] = variables.filter(({ names }) => names.includes('IMAGE'));
    const limits = variables.filter(({ names }) =>
      names.some((name) => /^(RATE_LIMIT_AVG|FORWARDAUTH_URL)$/.test(name)),
    );
    const names = [...(settings?.names ?? []), ...limits.flatMap((row) => row.names), 'AUTH_REALM'];
    expect(names.length).toBeGreaterThan(13);
    expect(names.filter((name) => !text.includes(`\${${name}:`))).toEqual([]);
    const set = serviceOf(production, 'app', { ...required, PROXY_WORKER_COUNT: '7', WORKER_MAX_CONCURRENCY: '9' });
    expect(configOf(set).config).toMatchObject({ workerCount: 7, turnsPerWorkerMax: 9 });
  });

  test('P-239 P-240 W-64 what is not set has the default of the program, but for what is listed here', () => {
    const { config, warnings } = configOf(serviceOf(production, 'app'));
    const bare = readConfig({ NODE_ENV: 'production', PROXY_API_KEY: required.PROXY_API_KEY }, place).config;
    const changed = Object.entries(config).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(bare[name as keyof typeof bare]),
    );
    expect(Object.fromEntries(changed)).toEqual({
      host: '0.0.0.0',
      trustProxy: 'loopback,uniquelocal',
      corsOrigins: ['https://chat.example'],
      codexBin: '/usr/local/lib/codex-cli/bin/codex',
      dataDir: '/app/.data',
      metricsEnabled: true,
      choicesMax: 20,
      drainNoticeMs: 3_000,
    });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ truncateAfterMs: 0, idleMs: 120_000 });
  });
});

const common = {
  forwardAuthUrl: forwardAuth.address,
  average: String(rateLimit.average),
  burst: String(rateLimit.burst),
};
const stacks: readonly (readonly [file: string, service: string, stack: Stack])[] = [
  [
    production,
    'app',
    { ...common, prefix: 'codex', host: 'codex.example.com', origins: 'https://chat.example', port: '11435' },
  ],
  [
    production,
    'app-responses',
    {
      ...common,
      prefix: 'codex-responses',
      host: 'responses.example.com',
      origins: 'https://other.example',
      port: '11435',
    },
  ],
  [
    development,
    'app-dev',
    {
      ...common,
      prefix: 'codex-dev',
      host: 'dev.example.com',
      origins: 'https://chat.example',
      forwardAuthUrl: `http://127.0.0.1:${ports.authDev}/verify`,
      port: String(ports.dev),
    },
  ],
];
const names = {
  RESPONSES_DOMAIN: 'responses.example.com',
  RESPONSES_CORS_ALLOWED_ORIGINS: 'https://other.example',
  DEV_DOMAIN: 'dev.example.com',
};

const traefikOf = (labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith('traefik.http.')));

describe('the edge', () => {
  test.each(stacks)('P-241 P-242 P-245 %s, %s: the labels are those of the table', (file, service, stack) => {
    const { labels } = serviceOf(file, service, { ...required, ...names });
    expect(traefikOf(labels)).toEqual(traefikLabels(stack));
    expect(labels).toMatchObject({ 'traefik.enable': 'true' });
  });

  test('P-241 the table has these routers, in this order of middlewares, and none for what is not for everybody', () => {
    const labels = traefikLabels(stacks[0]?.[2] as Stack);
    const of = (router: string) => {
      const start = `traefik.http.routers.codex-${router}.`;
      const own = Object.entries(labels).filter(([name]) => name.startsWith(start));
      return Object.fromEntries(own.map(([name, value]) => [name.slice(start.length), value]));
    };
    const host = 'Host(`codex.example.com`)';
    const secure = { entrypoints: 'websecure', tls: 'true' };
    expect(of('api')).toEqual({
      ...secure,
      rule: `${host} && PathPrefix(\`/v1\`)`,
      middlewares: 'codex-cors,codex-headers,codex-ratelimit,codex-forwardauth',
      service: 'codex',
    });
    expect(of('preflight')).toEqual({
      ...secure,
      rule: `${host} && PathPrefix(\`/v1\`) && Method(\`OPTIONS\`)`,
      middlewares: 'codex-cors,codex-headers,codex-ratelimit',
      priority: '10000',
      service: 'noop@internal',
    });
    expect(of('models')).toEqual({
      ...secure,
      rule: `${host} && (Path(\`/v1/models\`) || Path(\`/v1/models/\`))`,
      middlewares: 'codex-cors,codex-headers,codex-ratelimit',
      priority: '9000',
      service: 'codex',
    });
    expect(of('health')).toMatchObject({
      rule: `${host} && (Path(\`/healthz\`) || Path(\`/readyz\`) || Path(\`/livez\`))`,
      service: 'codex',
    });
    expect(labels['traefik.http.services.codex.loadbalancer.server.port']).toBe('11435');
    expect(routers).toHaveLength(4);
    expect(JSON.stringify(labels)).not.toMatch(/\/metrics|__test/);
  });

  test('P-242 the middlewares, item by item', () => {
    const labels = traefikLabels(stacks[0]?.[2] as Stack);
    const of = (middleware: string) => {
      const start = `traefik.http.middlewares.codex-${middleware}.`;
      const own = Object.entries(labels).filter(([name]) => name.startsWith(start));
      return Object.fromEntries(own.map(([name, value]) => [name.slice(start.length), value]));
    };
    expect(of('forwardauth')).toEqual({
      'forwardauth.address': 'http://127.0.0.1:18080/verify',
      'forwardauth.trustforwardheader': 'true',
      'forwardauth.authrequestheaders': 'Authorization',
    });
    expect(of('cors')).toMatchObject({
      'headers.accesscontrolalloworiginlist': 'https://chat.example',
      'headers.accesscontrolallowcredentials': 'true',
      'headers.accesscontrolmaxage': '600',
      'headers.addvaryheader': 'true',
    });
    expect(of('headers')).toEqual({
      'headers.stsseconds': '31536000',
      'headers.stsincludesubdomains': 'true',
      'headers.stspreload': 'true',
      'headers.framedeny': 'true',
      'headers.contenttypenosniff': 'true',
      'headers.referrerpolicy': 'no-referrer',
      'headers.permissionspolicy': 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
      'headers.customresponseheaders.X-DNS-Prefetch-Control': 'off',
    });
    expect(of('ratelimit')).toEqual({ 'ratelimit.average': '200', 'ratelimit.burst': '400', 'ratelimit.period': '1s' });
  });

  test('P-243 one variable says where the edge finds the auth service', () => {
    const { labels } = serviceOf(production, 'app', { ...required, FORWARDAUTH_URL: 'http://auth:8080/verify' });
    expect(labels?.['traefik.http.middlewares.codex-forwardauth.forwardauth.address']).toBe('http://auth:8080/verify');
    // By that name on a network that both are in.
    expect(serviceOf(production, 'auth').networks).toEqual(serviceOf(production, 'app').networks);
  });

  test('P-248 P-249 one list of origins feeds edge, auth service and gateway; limits of keys are off', () => {
    const origins = 'https://one.example,https://two.example';
    const env = { ...required, PROXY_CORS_ALLOWED_ORIGINS: origins };
    const { config } = configOf(serviceOf(production, 'app', env));
    expect(config.corsOrigins.join(',')).toBe(origins);
    const labels = serviceOf(production, 'app', env).labels ?? {};
    expect(labels['traefik.http.middlewares.codex-cors.headers.accesscontrolalloworiginlist']).toBe(origins);
    expect(environmentOf(serviceOf(production, 'auth', env))['PROXY_CORS_ALLOWED_ORIGINS']).toBe(origins);
    expect(configOf(serviceOf(production, 'app', { ...env, PROXY_ENABLE_CORS: 'false' })).config.corsEnabled).toBe(
      false,
    );
    expect(config.rateLimitEnabled).toBe(false);
  });
});

/** Options of a dynamic file as labels have them: in lower case, lists joined. Names of headers are not options. */
function flattened(value: unknown, path: readonly string[] = []): readonly (readonly [string, string])[] {
  const name = path.map((part, at) => (at < 2 || part.startsWith('X-') ? part : part.toLowerCase())).join('.');
  if (Array.isArray(value)) return [[name, value.join(',')]];
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  if (Object.keys(value).length === 0) return [[name, 'true']];
  return Object.entries(value).flatMap(([key, inner]) => flattened(inner, [...path, key]));
}

describe('the file provider', () => {
  test.each([
    ['codex.yml', stacks[0]?.[2] as Stack, 'codex.example.com', 'app://obsidian.md,https://chat.example.com'],
    ['codex-dev.yml', stacks[2]?.[2] as Stack, 'codex-dev.example.com', 'app://obsidian.md,http://localhost:3000'],
  ])('P-241 P-242 P-245 %s says what the labels say', (name, stack, host, origins) => {
    const { http } = parse(textOf(`deploy/edge/traefik/${name}`)) as {
      http: { services: Record<string, { loadBalancer: { servers: { url: string }[] } }> };
    };
    expect(http.services[stack.prefix]?.loadBalancer.servers).toEqual([{ url: `http://127.0.0.1:${stack.port}` }]);
    const { services: _, ...rest } = http;
    const said = Object.fromEntries(flattened(rest).map(([option, value]) => [`traefik.http.${option}`, value]));
    const { [`traefik.http.services.${stack.prefix}.loadbalancer.server.port`]: port, ...labels } = traefikLabels({
      ...stack,
      host,
      origins,
    });
    expect([port, said]).toEqual([stack.port, labels]);
  });
});

test('P-244 W-61 the quick start needs nothing, is on loopback only, and takes the documented key', () => {
  const { services, networks } = composeFile('docker-compose.local.yml');
  expect([Object.keys(services), networks]).toEqual([['app'], undefined]);
  expect(services['app']?.ports).toEqual(['127.0.0.1:11435:11435']);
  expect(services['app']?.labels).toBeUndefined();
  const { config } = configOf(serviceOf('docker-compose.local.yml', 'app', {}));
  expect(config).toMatchObject({ environment: 'local', defaultKey: true, host: '0.0.0.0' });
  const own = serviceOf('docker-compose.local.yml', 'app', { PROXY_API_KEY: 'mine' });
  expect(configOf(own).config.apiKey).toBe('mine');
});

test('P-244 W-61 without containers: a port, a key, npm run start', async () => {
  const started = npmScript('start', [], { PORT: '0', PROXY_API_KEY: 'mine', CODEX_HOME: scratch(), CODEX_BIN: shim });
  const models = await fetch(`http://127.0.0.1:${await started.port()}/v1/models`);
  expect(await models.json()).toMatchObject({ object: 'list' });
  expect(await started.stop()).toBe(0);
});

test('P-245 the development stack: host network, its ports, its settings, its home', () => {
  const { services } = composeFile(development);
  expect(Object.keys(services)).toEqual(['app-dev', 'auth-dev']);
  const [app, auth] = [serviceOf(development, 'app-dev', {}), serviceOf(development, 'auth-dev', {})];
  expect([app.network_mode, auth.network_mode]).toEqual(['host', 'host']);
  expect(app.env_file).toBe('../../.env.dev');
  expect(environmentOf(app)).toMatchObject({
    PORT: '18010',
    PROXY_HOST: '127.0.0.1',
    PROXY_ENV: 'dev',
    PROXY_DEFAULT_STREAM: 'true',
    PROXY_LOG_PROTO: 'true',
  });
  expect(environmentOf(auth)).toMatchObject({ PORT: '18081', AUTH_REALM: 'api-dev' });
  expect(app.volumes).toEqual(
    expect.arrayContaining(['../../.codev:/home/node/.codex', '../../test-results:/app/test-results']),
  );
  expect(environmentOf(app)['CODEX_HOME']).toBe('/home/node/.codex');
  expect(environmentOf(serviceOf(development, 'app-dev', { DEV_PORT: '19010' }))['PORT']).toBe('19010');
  expect(textOf('.env.dev.example')).toContain('PROXY_API_KEY=');
});
