import { describe, expect, test } from 'vitest';
import type { AccountState } from './account.ts';
import { createTestClient } from './client.ts';
import { asObject, asString } from './serde.ts';

const signedIn = (account: AccountState, loginMs: number | null = 1000) => {
  const client = createTestClient({ account, loginMs });
  client.initialize();
  return client;
};
const read = (client: ReturnType<typeof signedIn>): unknown =>
  asObject(asObject(client.ask('account/read', {})?.['result'])['account'])['type'] ?? null;

test.each([
  ['none', false, null],
  ['signedOut', true, null],
  ['apiKey', true, 'apiKey'],
  ['chatgpt', true, 'chatgpt'],
] as const)('%s', (state, required, type) => {
  const client = signedIn(state);
  const result = asObject(client.ask('account/read', {})?.['result']);
  expect([result['requiresOpenaiAuth'], asObject(result['account'])['type'] ?? null]).toEqual([required, type]);
});

test('an unreachable account endpoint is an error, not a sign-out', () => {
  expect(asObject(signedIn('unreachable').ask('account/read', {})?.['error'])['code']).toBe(-32603);
});

describe('device login', () => {
  test('completes after its delay, then the account is there', () => {
    const client = signedIn('signedOut');
    const started = asObject(client.ask('account/login/start', { type: 'chatgptDeviceCode' })?.['result']);
    expect(Object.keys(started)).toEqual(['type', 'loginId', 'verificationUrl', 'userCode']);
    expect(read(client)).toBe(null);
    client.clock.advance(1000);
    expect(client.lines.slice(-2).map((line) => asString(asObject(JSON.parse(line))['method']))).toEqual([
      'account/login/completed',
      'account/updated',
    ]);
    expect(read(client)).toBe('chatgpt');
  });
  test('can be cancelled once', () => {
    const client = signedIn('signedOut', null);
    const started = asObject(client.ask('account/login/start', { type: 'chatgptDeviceCode' })?.['result']);
    const cancel = () => client.ask('account/login/cancel', { loginId: asString(started['loginId']) })?.['result'];
    expect([cancel(), cancel()]).toEqual([{ status: 'canceled' }, { status: 'notFound' }]);
    expect(client.lines.join('\n')).toContain('"success":false,"error":"Login was not completed"');
  });
  test('can fail or succeed by a control line', () => {
    const client = signedIn('signedOut', null);
    client.ask('account/login/start', { type: 'chatgptDeviceCode' });
    client.server.receive('{"method":"fake/login","params":{"success":true}}');
    expect(read(client)).toBe('chatgpt');
  });
});

test('a signed-out turn fails with the 401 of the provider', () => {
  expect(JSON.stringify(signedIn('signedOut').play('hi'))).toContain('"httpConnectionFailed":{"httpStatusCode":401}');
});

test('logout signs out', () => {
  const client = signedIn('chatgpt');
  client.ask('account/logout');
  expect(read(client)).toBe(null);
});
