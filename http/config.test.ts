import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Config, type Environment, maskedConfig, pinnedDefaultModel, readConfig } from './config.ts';
import { configurationPage, helpText } from './config-help.ts';
import { variables } from './config-table.ts';

const place = { cwd: '/srv', tmpdir: '/scratch', cores: 4 };
const accepted = (environment: Environment): Config => {
  const result = readConfig(environment, place);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.config;
};
const problems = (environment: Environment): readonly string[] => {
  const result = readConfig(environment, place);
  return result.ok ? [] : result.problems.map(({ code, message }) => `${code} ${message}`);
};
const names = Object.values(variables).map(({ name }) => name);

describe('reading the environment', () => {
  test('an empty one gives the documented defaults', () => {
    expect(accepted({})).toMatchObject({
      port: 11435,
      host: '127.0.0.1',
      apiKey: 'codex-local-secret',
      defaultKey: true,
      workerCount: 2,
      codexHome: '/srv/.codex-api',
      workDir: '/scratch/codex-work',
      stateDir: '/scratch',
      totalMs: 300_000,
      streamTotalMs: 3_600_000,
      corsOrigins: ['*'],
      allowedHosts: [],
    });
  });

  test('a value that is empty or blank counts as unset', () => {
    const blank = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? '' : '  ']));
    expect(accepted(blank)).toEqual(accepted({}));
  });

  test('the result is frozen', () => {
    expect(Object.isFrozen(accepted({}))).toBe(true);
  });

  test('P-154: an explicit limit holds for both kinds of answer, also 0', () => {
    expect(accepted({ PROXY_TIMEOUT_MS: '500' })).toMatchObject({ totalMs: 500, streamTotalMs: 500 });
    expect(accepted({ PROXY_TIMEOUT_MS: '0' })).toMatchObject({ totalMs: 0, streamTotalMs: 0 });
  });

  test.each(['1', 'true', 'YES', 'On'])('%s switches on', (word) => {
    expect(accepted({ PROXY_DEFAULT_STREAM: word }).defaultStream).toBe(true);
  });

  test.each(['0', 'false', 'NO', 'Off'])('%s switches off', (word) => {
    expect(accepted({ PROXY_ENABLE_CORS: word }).corsEnabled).toBe(false);
  });

  test('lists are split at commas, blanks and empty entries left out', () => {
    const { corsOrigins } = accepted({ PROXY_CORS_ALLOWED_ORIGINS: ' app://obsidian.md , ,http://localhost:3000' });
    expect(corsOrigins).toEqual(['app://obsidian.md', 'http://localhost:3000']);
  });

  test('a relative path is taken from the working directory', () => {
    expect(accepted({ CODEX_HOME: 'home' }).codexHome).toBe('/srv/home');
  });
});

describe('problems', () => {
  const wrong: readonly (readonly [name: string, value: string])[] = [
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '1e3'],
    ['PROXY_WORKER_COUNT', '0'],
    ['PROXY_WORKER_COUNT', '65'],
    ['PROXY_PARAMS', 'loose'],
    ['PROXY_DEFAULT_STREAM', 'maybe'],
    ['PROXY_IDLE_TIMEOUT_MS', '0'],
    ['PROXY_TIMEOUT_MS', '-1'],
    ['PROXY_TIMEOUT_MS', '2147483648'],
    ['PROXY_HOST', 'a b'],
    ['PROXY_CORS_ALLOWED_ORIGINS', 'obsidian'],
    ['PROXY_ALLOWED_HOSTS', 'a/b'],
    ['WORKER_ENV_ALLOW', 'A-B'],
    ['WORKER_ENV_ALLOW', 'PROXY_API_KEY'],
    ['CODEX_PROVIDER_URL', 'ftp://x'],
    ['CODEX_MODEL', 'a b'],
    ['UWS_BUILD', '21'],
  ];
  test.each(wrong)('%s=%j names the variable, the value and what is expected', (name, value) => {
    const expected = Object.values(variables).find((one) => one.name === name)?.expected;
    expect(problems({ [name]: value })).toEqual([
      `CONFIG_INVALID ${name}=${JSON.stringify(value)}: expected ${expected}`,
    ]);
  });

  test.each([
    ['https://user:geheim@x', 'https://***@x'],
    ['https://x/v1?key=geheim', 'https://x/v1?***'],
  ])('%j is told as %j: who signs in, and with what, is in no log', (value, told) => {
    expect(problems({ CODEX_PROVIDER_URL: value })).toEqual([
      expect.stringContaining(`CODEX_PROVIDER_URL=${JSON.stringify(told)}: expected `),
    ]);
  });

  test('one file for two logs is refused', () => {
    expect(problems({ TOKEN_LOG_PATH: '/l/x', SANITIZER_LOG_PATH: '/l/x' })).toEqual([
      'CONFIG_INVALID SANITIZER_LOG_PATH contradicts TOKEN_LOG_PATH, which names the same file; set two files',
    ]);
  });

  test('a variable has the same value under each of its names, or it is refused', () => {
    expect(accepted({ CODEX_APPROVAL_POLICY: 'untrusted' }).approvalPolicy).toBe('untrusted');
    expect(accepted({ CODEX_APPROVAL_POLICY: 'never', PROXY_APPROVAL_POLICY: 'never' }).approvalPolicy).toBe('never');
    expect(problems({ CODEX_APPROVAL_POLICY: 'untrusted', PROXY_APPROVAL_POLICY: 'never' })).toEqual([
      'CONFIG_INVALID CODEX_APPROVAL_POLICY contradicts PROXY_APPROVAL_POLICY, which is the same setting; set one of them',
    ]);
    expect(problems({ CODEX_APPROVAL_POLICY: 'on-failure' })).toEqual([
      'CONFIG_INVALID CODEX_APPROVAL_POLICY="on-failure": expected never or untrusted or on-request',
    ]);
  });

  test('P-206: a wire trace that is required and off is refused, in development also where nobody said so', () => {
    expect(problems({ PROXY_TRACE_REQUIRED: '1' })).toEqual([
      'CONFIG_INVALID PROXY_TRACE_REQUIRED="true": there is a wire trace with PROXY_ENV=dev only; set it to false, or leave it out',
    ]);
    expect(problems({ PROXY_TRACE_REQUIRED: '0' })).toEqual([]);
    expect(problems({ PROXY_ENV: 'dev' })).toEqual([]);
    expect(problems({ PROXY_ENV: 'dev', PROXY_LOG_PROTO: '0' })).toEqual([
      'CONFIG_INVALID PROXY_LOG_PROTO="false": with PROXY_ENV=dev the wire trace is required; set PROXY_TRACE_REQUIRED=false, too',
    ]);
    expect(problems({ PROXY_ENV: 'dev', PROXY_LOG_PROTO: '0', PROXY_TRACE_REQUIRED: '0' })).toEqual([]);
    expect(problems({ PROXY_ENV: 'dev', PROTO_LOG_PATH: '/x', TOKEN_LOG_PATH: '/x' })).toHaveLength(1);
  });

  test('all are told at once', () => {
    expect(problems({ PORT: 'x', PROXY_PARAMS: 'x', PROXY_QUEUE_MAX: 'x' })).toHaveLength(3);
  });

  test('a secret is never told', () => {
    expect(problems({ PROXY_API_KEY: 'clé' }).join()).not.toContain('clé');
  });

  test('a back-off that ends below its start is refused', () => {
    expect(problems({ WORKER_BACKOFF_INITIAL_MS: '900', WORKER_BACKOFF_MAX_MS: '800' })).toHaveLength(1);
  });
});

describe('safety', () => {
  const own = { PROXY_API_KEY: 'my-own-key' };

  test.each(['0.0.0.0', '::', '192.168.0.7', 'example.org'])('P-23: %s needs a key of its own', (host) => {
    expect(problems({ PROXY_HOST: host })[0]).toMatch(/^CONFIG_INSECURE PROXY_HOST=/);
    expect(problems({ PROXY_HOST: host, ...own })).toEqual([]);
  });

  test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])('P-23: %s does not', (host) => {
    expect(problems({ PROXY_HOST: host })).toEqual([]);
  });

  test.each(['local', 'dev'])('P-34: PROXY_ENV=%s lifts the rules', (mode) => {
    expect(problems({ PROXY_HOST: '0.0.0.0', PROXY_ENV: mode, NODE_ENV: 'production' })).toEqual([]);
  });

  test.each([{ NODE_ENV: 'production' }, { PROXY_ENV: 'staging' }, { PROXY_ENV: 'prod', PROXY_API_KEY: '' }])(
    'P-33: %j with the default key is refused',
    (environment) => {
      expect(problems(environment)[0]).toMatch(
        /^CONFIG_INSECURE Unsafe production configuration: API_KEY\. To fix it, set PROXY_API_KEY /,
      );
      expect(problems({ ...environment, ...own })).toEqual([]);
    },
  );

  test('P-33: all that is unsafe is told in one line', () => {
    const everything = {
      PROXY_ENV: 'production',
      PROXY_TEST_ENDPOINTS: '1',
      PROXY_ENABLE_METRICS: '1',
      PROXY_METRICS_ALLOW_UNAUTH: '1',
      PROXY_SANDBOX_MODE: 'danger-full-access',
      PROXY_LOG_REDACT: '0',
    };
    const [line, ...more] = problems(everything);
    expect(more).toEqual([]);
    expect(line).toMatch(
      /^CONFIG_INSECURE Unsafe production configuration: API_KEY, PROXY_TEST_ENDPOINTS, METRICS_AUTH, INTERNAL_TOOLS, PROXY_LOG_REDACT\. /,
    );
    expect(problems({ ...everything, PROXY_ENV: 'local' })).toEqual([]);
  });

  test.each([
    [{ PROXY_TEST_ENDPOINTS: 'true' }, 'PROXY_TEST_ENDPOINTS'],
    [{ PROXY_ENABLE_METRICS: 'true', PROXY_METRICS_ALLOW_UNAUTH: 'true' }, 'METRICS_AUTH'],
    [{ PROXY_ENABLE_METRICS: 'true', PROXY_METRICS_ALLOW_LOOPBACK: 'false' }, 'METRICS_AUTH'],
    [{ PROXY_DISABLE_INTERNAL_TOOLS: 'false' }, 'INTERNAL_TOOLS'],
    [{ PROXY_DISABLE_INTERNAL_TOOLS_CONFIG: 'false' }, 'INTERNAL_TOOLS'],
    [{ PROXY_SANDBOX_MODE: 'danger-full-access' }, 'INTERNAL_TOOLS'],
  ])('P-33: %j is refused as %s, and only in production', (environment, item) => {
    expect(problems({ ...own, ...environment, NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(new RegExp(`^CONFIG_INSECURE Unsafe production configuration: ${item}\\. `)),
    ]);
    expect(problems({ ...own, ...environment })).toEqual([]);
  });

  test.each([
    { PROXY_ENABLE_METRICS: 'true' },
    { PROXY_ENABLE_METRICS: 'true', PROXY_METRICS_ALLOW_LOOPBACK: 'false', PROXY_METRICS_TOKEN: 'mt' },
    { PROXY_METRICS_ALLOW_UNAUTH: 'true' },
  ])('P-33: %j shows metrics to nobody who may not see them', (environment) => {
    expect(problems({ ...own, ...environment, NODE_ENV: 'production' })).toEqual([]);
  });

  test('P-44: peers that are no addresses are refused', () => {
    expect(problems({ PROXY_TRUST_PROXY: '10.0.0.0/33' })).toHaveLength(1);
    expect(problems({ PROXY_TRUST_PROXY: 'loopback, 10.0.0.0/8, fd00::1' })).toEqual([]);
  });

  test('secrets are masked in the start log', () => {
    const logged = JSON.stringify(
      maskedConfig(accepted({ ...own, CODEX_PROVIDER_KEY: 'sk-1', CODEX_PROVIDER_URL: 'https://x/v1' })),
    );
    expect(logged).not.toMatch(/my-own-key|sk-1/);
    expect(logged).toContain('"PORT":11435');
  });
});

describe('warnings', () => {
  const warnings = (environment: Environment): readonly string[] => readConfig(environment, place).warnings;

  test('a mistyped name is warned of, with the closest known one', () => {
    expect(warnings({ PROXY_TIMEOUT: '5', OTHER: 'x' })).toEqual([
      '"PROXY_TIMEOUT" is not a known variable and has no effect; did you mean PROXY_TIMEOUT_MS?',
    ]);
  });

  test('a name that resembles none is warned of without a guess, its value untold', () => {
    expect(warnings({ WORKER_CLOUD_TOKEN_OF_THE_EDGE: 'secret' })).toEqual([
      '"WORKER_CLOUD_TOKEN_OF_THE_EDGE" is not a known variable and has no effect',
    ]);
  });

  test('a name from before is read, and the new one is told', () => {
    expect(accepted({ PROXY_DEV_TRUNCATE_AFTER_MS: '8000' }).truncateAfterMs).toBe(8000);
    expect(warnings({ PROXY_DEV_TRUNCATE_AFTER_MS: '8000' })).toContain(
      'PROXY_DEV_TRUNCATE_AFTER_MS is now named PROXY_NONSTREAM_TRUNCATE_AFTER_MS',
    );
  });

  test('names that other programs read are not warned of', () => {
    expect(warnings({ WORKER_CLOUDFLARE_API_TOKEN: 'x' })).toEqual([]);
  });

  test('no known name is warned of', () => {
    expect(warnings(Object.fromEntries(names.map((name) => [name, ''])))).toEqual([]);
  });

  test('P-222: a list of origins is warned of while the default key is in use', () => {
    const listed = { PROXY_CORS_ALLOWED_ORIGINS: 'https://app.example' };
    expect(warnings(listed)).toEqual([
      'PROXY_CORS_ALLOWED_ORIGINS has no effect while PROXY_API_KEY is the default one',
    ]);
    expect(warnings({ ...listed, PROXY_API_KEY: 'my-own-key' })).toEqual([]);
  });

  test('P-206 P-209: what is written in development only is warned of elsewhere', () => {
    const names = ['PROXY_LOG_PROTO', 'PROXY_DEBUG_WIRE', 'PROXY_CAPTURE_APP_SERVER_RAW', 'PROXY_CAPTURE_THINKING_RAW'];
    for (const name of names) {
      expect(warnings({ [name]: '1' })).toEqual([`${name} has no effect without PROXY_ENV=dev`]);
      expect(warnings({ [name]: '1', PROXY_ENV: 'dev' })).toEqual([]);
      expect(warnings({ [name]: '0' })).toEqual([]);
    }
  });

  test('P-208: a folder for captures that are off is warned of', () => {
    expect(warnings({ PROXY_CAPTURE_CHAT_DIR: '/x' })).toEqual([
      'PROXY_CAPTURE_CHAT_DIR has no effect without PROXY_CAPTURE_CHAT_TRANSCRIPTS',
    ]);
  });

  test('P-33: what production may mean and should know is warned of', () => {
    const production = { PROXY_API_KEY: 'my-own-key', NODE_ENV: 'production' };
    const told = (name: string) =>
      warnings({ ...production, [name]: '1' }).filter((text) => !text.includes('no effect'));
    expect(told('PROXY_USAGE_ALLOW_UNAUTH')).toHaveLength(1);
    expect(told('PROXY_CAPTURE_CHAT_RAW_TRANSCRIPTS')).toHaveLength(1);
    expect(told('PROXY_CAPTURE_CHAT_TRANSCRIPTS')).toEqual([]);
    expect(warnings({ ...production, PROXY_USE_APP_SERVER: 'false' })).toEqual([
      expect.stringContaining('the shell of the CLI'),
    ]);
  });

  test.each([
    [{ PROXY_RATE_LIMIT_MAX: '10' }, 'PROXY_RATE_LIMIT_MAX has no effect without PROXY_RATE_LIMIT_ENABLED'],
    [{ PROXY_METRICS_TOKEN: 'mt' }, 'PROXY_METRICS_TOKEN has no effect without PROXY_ENABLE_METRICS'],
    [{ PROXY_TEST_ALLOW_REMOTE: '1' }, 'PROXY_TEST_ALLOW_REMOTE has no effect without PROXY_TEST_ENDPOINTS'],
    [
      { PROXY_AUTH_LOGIN_REMOTE: '1', PROXY_AUTH_LOGIN_URL: '0' },
      'PROXY_AUTH_LOGIN_REMOTE has no effect while PROXY_AUTH_LOGIN_URL is off',
    ],
    [
      { PROXY_ENABLE_METRICS: '1', PROXY_METRICS_ALLOW_LOOPBACK: '0' },
      'PROXY_ENABLE_METRICS offers metrics that nobody may read; set PROXY_METRICS_TOKEN',
    ],
  ])('%j is warned of', (environment, warning) => {
    expect(warnings(environment)).toEqual([warning]);
  });

  test('what is switched off in so many words is no surprise', () => {
    expect(warnings({ PROXY_RATE_LIMIT_MAX: '10', PROXY_RATE_LIMIT_ENABLED: 'false' })).toEqual([]);
    expect(warnings({ PROXY_RATE_LIMIT_MAX: '10', PROXY_RATE_LIMIT_ENABLED: 'true' })).toEqual([]);
  });

  test('more workers, or nodes, than the machine can run is warned of', () => {
    expect(warnings({ PROXY_WORKER_COUNT: '9' })).toHaveLength(1);
    expect(warnings({ PROXY_NODES: '2', PROXY_WORKER_COUNT: '5' })).toHaveLength(1);
    expect(warnings({ PROXY_NODES: '5', PROXY_WORKER_COUNT: '1' })).toHaveLength(1);
    expect(warnings({ PROXY_NODES: 'auto', PROXY_WORKER_COUNT: '1' })).toEqual([]);
  });

  test('nodes are as many as it says, or as the machine has cores', () => {
    expect(accepted({}).nodeCount).toBe(1);
    expect(accepted({ PROXY_NODES: '64' }).nodeCount).toBe(64);
    expect(accepted({ PROXY_NODES: 'auto' }).nodeCount).toBe(4);
    for (const wrong of ['0', '65', '-1', '1.5', 'all']) {
      expect(problems({ PROXY_NODES: wrong })).toEqual([expect.stringContaining('auto or an integer from 1 to 64')]);
    }
  });
});

describe('the table', () => {
  test('names every variable once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  test('P-33: docs/configuration.md is what the table says', () => {
    expect(readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8')).toBe(configurationPage());
  });

  test.each(names)('--help tells of %s', (name) => {
    expect(helpText()).toContain(`  ${name} `);
  });

  test('the model that stands in for the list is a real id', () => {
    expect(pinnedDefaultModel).toMatch(/^[a-z0-9.-]+$/);
  });
});
