import { expect, test } from 'vitest';
import { workerEnvironment } from './environment.ts';

const options = { allow: [], home: '/home/x', stateFolder: '/state/x', providerKey: undefined };

test('a worker inherits what is allowed and nothing else', () => {
  const environment = {
    PATH: '/bin',
    LANG: 'C',
    HTTPS_PROXY: 'http://proxy',
    FAKE_CODEX_MODE: 'crash',
    STREAM_DELAY: '1',
    MINE: 'yes',
    HOME: '/root',
    PROXY_API_KEY: 'secret',
    OPENAI_API_KEY: 'secret',
    CODEX_PROVIDER_KEY: 'secret',
    CODEX_HOME: '/elsewhere',
    TZ: undefined,
  };
  expect(workerEnvironment({ ...options, environment, allow: ['MINE'] })).toEqual({
    PATH: '/bin',
    LANG: 'C',
    HTTPS_PROXY: 'http://proxy',
    FAKE_CODEX_MODE: 'crash',
    STREAM_DELAY: '1',
    MINE: 'yes',
    HOME: '/home/x',
    CODEX_HOME: '/home/x',
    CODEX_SQLITE_HOME: '/state/x',
    CODEX_WORKER_SUPERVISED: 'true',
  });
});

test('the provider’s key reaches it only here', () => {
  expect(workerEnvironment({ ...options, environment: {}, providerKey: 'k' })).toMatchObject({ UPSTREAM_API_KEY: 'k' });
});
