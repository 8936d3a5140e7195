/**
 * The headers of a request as a capture or a trace may show them. Invariant: what authorizes somebody is never among them, under
 * whatever name a proxy has put it.
 */

import { redactedText } from './bare-shape.ts';

type Headers = Iterable<readonly [name: string, value: string]>;
type Mask = (text: string) => string;

const valueCharsMax = 2_048;
const shownMax = 128;

/** Of these the value says what a client is, or what it asks for. */
const telling: ReadonlySet<string> = new Set([
  'user-agent',
  'content-type',
  'accept',
  'x-proxy-output-mode',
  'x-proxy-trace-id',
]);
/** Of these it is told that they were there. */
const present: ReadonlySet<string> = new Set([
  'x-copilot-trace-id',
  'x-trace-id',
  'x-request-id',
  'x-proxy-capture-id',
]);

const secretName = /auth|cookie|key|token|secret|passw|credential|assertion|signature|session|jwt/;
/** Names like that of a header that says nothing secret. */
const harmless: ReadonlySet<string> = new Set([
  'sec-websocket-key',
  'idempotency-key',
  'access-control-request-headers',
]);

const some = (headers: Headers, show: (name: string, value: string) => string | null): Record<string, string> =>
  Object.fromEntries(
    [...headers].slice(0, shownMax).flatMap(([name, value]) => {
      const shown = show(name, value);
      return shown === null ? [] : [[name, shown]];
    }),
  );

/** The few that are of use where words are not to be shown. */
export const fewHeaders = (headers: Headers, mask: Mask): Record<string, string> =>
  some(headers, (name, value) => {
    if (telling.has(name)) return mask(value).slice(0, 256);
    return present.has(name) ? redactedText : null;
  });

/** All of them, without what is secret. */
export const maskedHeaders = (headers: Headers, mask: Mask): Record<string, string> =>
  some(headers, (name, value) =>
    secretName.test(name) && !harmless.has(name) ? redactedText : mask(value).slice(0, valueCharsMax),
  );
