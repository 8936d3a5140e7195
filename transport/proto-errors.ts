/**
 * An `error` of `codex proto` as an outcome. Such a CLI tells a message and nothing else, so what kind of failure it is has to be
 * read from its words, by the same rules as any other failure.
 */

import type { Outcome } from '../machines/outcome.ts';
import { outcomeOfError, type Payer } from './codex-errors.ts';
import { type Members, member } from './json.ts';

/** Longer messages are not looked at. */
const lookedAtMax = 2_000;

const kinds: readonly (readonly [RegExp, string])[] = [
  [/context (?:window|length)|context_length_exceeded/iu, 'contextWindowExceeded'],
  [/usage limit|quota/iu, 'usageLimitExceeded'],
  [/rate limit/iu, 'rateLimitExceeded'],
  [/overloaded/iu, 'serverOverloaded'],
  [/unauthorized|not (?:logged|signed) in/iu, 'unauthorized'],
];

const statusIn = /\b(?:unexpected status|last status:?|http status:?)\s+(\d{3})\b[^:{]{0,64}(?::\s*(.*))?/isu;

const messageOf = (event: Members): string => {
  const error = event['error'];
  const said = [event['message'], member(error, 'message'), error].find((text) => typeof text === 'string');
  return said ?? '';
};

export const protoFailure = (event: Members, payer: Payer): Outcome => {
  const message = messageOf(event);
  const told = event['codex_error_info'] ?? event['codexErrorInfo'];
  if (told !== undefined && told !== null) return outcomeOfError({ message, codexErrorInfo: told }, payer);
  const [, digits, body] = statusIn.exec(message.slice(0, lookedAtMax)) ?? [];
  if (digits === '400' && body?.startsWith('{') === true) {
    // The provider's own words say more than the CLI's.
    return outcomeOfError({ message: message.slice(message.indexOf('{')), codexErrorInfo: 'other' }, payer);
  }
  const info =
    digits === undefined
      ? (kinds.find(([pattern]) => pattern.test(message.slice(0, lookedAtMax)))?.[1] ?? 'other')
      : { httpConnectionFailed: { httpStatusCode: Number(digits) } };
  return outcomeOfError({ message, codexErrorInfo: info }, payer);
};
