import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { channelLimits, loginFlow } from './portions.ts';

const configOf = (environment: Readonly<Record<string, string>>) => {
  const result = readConfig(environment, { cwd: '/', tmpdir: '/tmp', cores: 4 });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.config;
};
const limitsOf = (environment: Readonly<Record<string, string>>) => channelLimits(configOf(environment));

test('P-178: a worker is worn by its turns, its memory and its databases; only the last is limited unasked', () => {
  expect(limitsOf({})).toMatchObject({ turnsMax: 0, memoryBytesMax: 0, stateBytesMax: 536_870_912 });
  const set = { WORKER_MAX_TURNS: '5', WORKER_MAX_RSS_MB: '2', WORKER_STATE_BYTES_MAX: '0' };
  expect(limitsOf(set)).toMatchObject({ turnsMax: 5, memoryBytesMax: 2_097_152, stateBytesMax: 0 });
});

test('P-40: a browser is offered where it can do the whole of it, unless the operator says otherwise', () => {
  const flow = (env: Readonly<Record<string, string>>, terminal: boolean, environment = {}) =>
    loginFlow(configOf(env), { terminal, environment });
  expect(flow({}, true)).toBe('browser');
  expect(flow({}, false)).toBe('device');
  expect(flow({}, true, { SSH_CONNECTION: '203.0.113.7 1 203.0.113.8 22' })).toBe('device');
  expect(flow({ PROXY_HOST: '0.0.0.0', PROXY_API_KEY: 'k' }, true)).toBe('device');
  expect(flow({ PROXY_HOST: '::1' }, true)).toBe('browser');
  expect(flow({ PROXY_AUTH_LOGIN_FLOW: 'device' }, true)).toBe('device');
  expect(flow({ PROXY_AUTH_LOGIN_FLOW: 'browser' }, false)).toBe('browser');
});
