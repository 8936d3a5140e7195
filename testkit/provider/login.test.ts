import { describe, expect, test } from 'vitest';
import { answerLogin } from './login-routes.ts';
import { LoginIssuer } from './login.ts';

function ask(login: LoginIssuer, route: string, body?: unknown): ReturnType<typeof answerLogin> {
  const [method = '', path = ''] = route.split(' ');
  return answerLogin(login, method, new URL(path, 'http://issuer'), body);
}

const poll = 'POST /api/accounts/deviceauth/token';
const start = 'POST /api/accounts/deviceauth/usercode';
const refresh = (token: unknown) => ({ grant_type: 'refresh_token', refresh_token: token });

function issuer(): LoginIssuer {
  return new LoginIssuer({}, () => undefined);
}

describe('the login issuer', () => {
  test('a device code is pending until it is approved', () => {
    const login = issuer();
    const device = ask(login, start)?.body ?? {};
    expect(login.pendingCodes).toEqual([device['user_code']]);
    expect(ask(login, poll, device)).toEqual({ status: 403, body: { error: 'authorization_pending' } });
    expect(login.approve(String(device['user_code']))).toBe(1);
    expect(ask(login, poll, device)?.body).toHaveProperty('authorization_code');
  });

  test('a denied code never yields a code', () => {
    const login = issuer();
    const device = ask(login, start)?.body;
    login.deny();
    expect(login.approve()).toBe(0);
    expect(ask(login, poll, device)?.status).toBe(400);
  });

  test('approving one code leaves the others pending', () => {
    const login = issuer();
    const devices = [ask(login, start)?.body, ask(login, start)?.body];
    login.approve('ABCD-1235');
    expect(devices.map((device) => ask(login, poll, device)?.status)).toEqual([403, 200]);
  });

  test('tokens carry the account and refresh tokens work once', () => {
    const login = issuer();
    const first = ask(login, 'POST /oauth/token', { grant_type: 'authorization_code' })?.body ?? {};
    const claims: unknown = JSON.parse(
      Buffer.from(String(first['id_token']).split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toMatchObject({
      email: 'dev@example.com',
      'https://api.openai.com/auth': { chatgpt_account_id: 'acc-1' },
    });
    const asked = refresh(first['refresh_token']);
    expect(ask(login, 'POST /oauth/token', asked)?.body).toHaveProperty('access_token');
    expect(ask(login, 'POST /oauth/token', asked)).toMatchObject({
      status: 401,
      body: { error: { code: 'refresh_token_reused' } },
    });
  });

  test('a required bearer must be one of this issuer and not revoked', () => {
    const login = issuer();
    expect(login.accepts(undefined)).toBe(true);
    login.requireBearer = true;
    const { access_token } = login.tokens();
    expect([login.accepts(undefined), login.accepts('Bearer x'), login.accepts(`Bearer ${access_token}`)]).toEqual([
      false,
      false,
      true,
    ]);
    login.revokeAccess();
    expect(login.accepts(`Bearer ${access_token}`)).toBe(false);
  });

  test('the browser is sent straight back with the state', () => {
    const query = new URLSearchParams({ redirect_uri: 'http://127.0.0.1:1455/auth/callback', state: 's' });
    expect(ask(issuer(), `GET /oauth/authorize?${query.toString()}`)?.location).toBe(
      'http://127.0.0.1:1455/auth/callback?code=AC&state=s',
    );
  });

  test('accounts can be unreachable, other paths are not ours', () => {
    const login = issuer();
    expect(ask(login, 'GET /backend-api/wham/accounts/check')?.body['default_account_id']).toBe('acc-1');
    login.accountsAvailable = false;
    expect(ask(login, 'GET /backend-api/wham/accounts/check')?.status).toBe(503);
    expect(ask(login, 'GET /backend-api/settings/user')).toBeUndefined();
  });
});
