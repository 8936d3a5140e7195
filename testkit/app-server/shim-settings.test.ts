import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';
import { readShimSettings, shimModes } from './shim-settings.ts';

const read = (env: Readonly<Record<string, string>>) =>
  readShimSettings(Object.fromEntries(Object.entries(env).map(([name, value]) => [`FAKE_CODEX_${name}`, value])));

test('P-262 without any of it nothing changes', () => {
  expect(readShimSettings({})).toMatchObject({ turns: null, process: null, handshake: null, authUrl: null });
  expect(readSettings({})).toMatchObject({ readyDelayMs: 0, rules: [], account: 'none', loginMs: 1000 });
});

test('P-262 the defaults are the predecessor’s', () => {
  const { turns, process } = read({ MODE: 'Long_Stream' });
  expect(turns).toMatchObject({
    mode: 'long_stream',
    finish: 'stop',
    calls: 1,
    burst: 1,
    choices: 2,
    callingChoices: [0],
    argument: '{"id":"42"}',
    parallel: true,
    intervalMs: 100,
    ticks: 50,
    hangMs: 10_000,
  });
  expect(process).toMatchObject({ readyDelayMs: 20, heartbeatMs: 0, autoExitMs: 0, exitCode: 0, shutdownDelayMs: 20 });
  expect(readShimSettings({ FAKE_CODEX_MODE: 'long_stream', STREAM_RELEASE_FILE: '/r' }).turns).toMatchObject({
    ticks: 10_000,
    held: true,
  });
});

test.each(shimModes)('P-262 %s is a mode', (mode) => {
  expect(read({ MODE: mode }).turns?.mode).toBe(mode);
});

test.each([
  ['TOOL_BURST_COUNT', '3', { burst: 3 }],
  ['TOOL_CALL_COUNT', '2', { calls: 2, burst: 2 }],
  ['TOOL_CALL_CHOICES', '0, 2', { callingChoices: [0, 2] }],
  ['PARALLEL', 'false', { parallel: false }],
  ['METADATA', 'extra', { metadata: 'extra' }],
  ['METADATA', '1', { metadata: 'some' }],
  ['FINISH_REASON', 'token_limit_reached', { finish: 'length' }],
  ['JSONRPC_HANG', 'message', { hang: true }],
])('P-262 %s=%s', (name, value, expected) => {
  expect(read({ MODE: 'tool_call', [name]: value }).turns).toMatchObject(expected);
});

test('P-262 unauthorized is signed out, with a link and no end of the login', () => {
  const settings = readSettings({ FAKE_CODEX_UNAUTHORIZED: '1' });
  expect(settings).toMatchObject({ account: 'signedOut', loginMs: null });
  expect(settings.shim).toMatchObject({
    authUrl: 'https://example.com/fake-login?source=codex',
    loginId: 'login-fake-123',
  });
});

test.each([
  ['timeout', 'ignore'],
  ['error', { code: -32603, message: 'handshake failed' }],
  ['exit', { exit: 1 }],
])('P-262 handshake %s is a rule about initialize', (mode, act) => {
  expect(readSettings({ FAKE_CODEX_HANDSHAKE_MODE: mode }).rules).toEqual([
    { method: 'initialize', times: Number.POSITIVE_INFINITY, act },
  ]);
});

test.each([
  ['MODE', 'tool_cal'],
  ['FINISH_REASON', 'tired'],
  ['TOOL_CALL_COUNT', '0'],
  ['TOOL_CALL_CHOICES', 'x'],
  ['STREAM_TICKS', '1.5'],
  ['HANDSHAKE_MODE', 'slow'],
  ['JSONRPC_HANG', 'turn'],
  ['WORKER_HEARTBEAT_MS', '-1'],
])('P-262 %s=%s is refused by its name', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(`FAKE_CODEX_${name} must be`);
});

test('a mode and a scenario exclude each other', () => {
  expect(() => read({ MODE: 'error', SCENARIO: 'hello' })).toThrow('excludes');
});
