/**
 * What a client is told while nobody is signed in to Codex. The address at which one signs in is given only to callers on
 * this machine, or to everybody who holds a key if the operator said so: whoever has it can put an account of his own
 * under the gateway.
 */

import type { SignIn } from '../actors/service.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { Offer } from '../machines/protocol.ts';
import type { ErrorAnswer } from './catalogue.ts';
import { isLocalCaller } from './client-address.ts';
import type { RequestHead } from './request-head.ts';

/** Beside `details`, which always have it. */
type Place = 'message' | 'code' | 'code+message' | 'details';

export interface LoginDisclosure {
  /** `PROXY_AUTH_LOGIN_URL`. */
  readonly offered: boolean;
  /** `PROXY_AUTH_LOGIN_REMOTE`. */
  readonly remote: boolean;
  /** `PROXY_AUTH_LOGIN_URL_MODE`; absent: in the message, because most clients show that and nothing else. */
  readonly repeated?: Place;
}

/** Without a code it is an address for a browser on the machine of the gateway. */
const details = ({ url, code, loginId }: Offer): JsonObject =>
  code === ''
    ? { auth_url: url, login_id: loginId }
    : { verification_url: url, user_code: code, login_id: loginId, auth_url: url };

/** The failure `signed_out` as it is described, with what this caller may know of how to end it. */
export function withSignIn(
  described: ErrorAnswer,
  state: SignIn,
  head: RequestHead,
  login: LoginDisclosure,
): ErrorAnswer {
  const { error } = described.body;
  const offer = state.state === 'signedOut' ? state.offer : null;
  if (offer === null || !login.offered || !(login.remote || isLocalCaller(head))) return described;
  const { repeated = 'message' } = login;
  const where = ` | login_url=${offer.url} | login_id=${offer.loginId}`;
  const toType = offer.code === '' ? '' : ` | user_code=${offer.code}`;
  const code = repeated.includes('code') ? `${error.code}${where}` : error.code;
  const message = repeated.includes('message') ? `${error.message}${where}${toType}` : error.message;
  return { ...described, body: { error: { ...error, code, message, details: details(offer) } } };
}
