// The paths of the login issuer. Undefined means: not a login path.

import type { LoginAnswer, LoginIssuer } from './login.ts';

export function answerLogin(login: LoginIssuer, method: string, url: URL, body: unknown): LoginAnswer | undefined {
  switch (`${method} ${url.pathname}`) {
    case 'POST /api/accounts/deviceauth/usercode':
      return login.newDevice();
    case 'POST /api/accounts/deviceauth/token':
      return login.pollDevice(body);
    case 'POST /oauth/token':
      return login.token(body);
    case 'GET /oauth/authorize':
      return login.authorize(url.searchParams);
    case 'GET /backend-api/wham/accounts/check':
      return login.accounts();
    case 'GET /backend-api/wham/usage':
      return login.usage();
    // The address a person opens to enter the code. Without a person, `?user_code=` (or just opening it) approves.
    case 'GET /codex/device': {
      const approved = login.approve(url.searchParams.get('user_code') ?? undefined);
      return { status: 200, body: { approved } };
    }
    default:
      return undefined;
  }
}
