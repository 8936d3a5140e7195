import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../transport/redact.ts';
import { accessFacts } from './access-facts.ts';
import { AccessLines } from './access-line.ts';
import { EventLog } from './event-log.ts';
import { addressOf } from './ip-address.ts';

const secret = 'a-secret-of-somebody';
const now = () => 1_790_000_000_000;
const redact = createRedactor({ secrets: [secret] }).object;
const logOf = (maintenance: boolean, node: number | null) =>
  new EventLog({ write: () => {}, now, redact, level: 'info', maintenance, node });

const hex = (unit: string) => `req_${unit.repeat(32 / unit.length)}`;
const id = fc.constantFrom(hex('0'), hex('1f'), hex('5a'), hex('a5'), 'req_short', `${secret} "x`);
const texts = [
  '',
  'curl/8',
  secret,
  `Bearer ${secret}`,
  '"},\u2028{',
  hex('5a'),
  hex('a5'),
  hex('1f'),
  'x'.repeat(300),
];
const headers = fc
  .record({
    'user-agent': fc.constantFrom(...texts),
    authorization: fc.constantFrom(...texts),
    'x-request-id': fc.constantFrom(...texts),
  })
  .map((all) => new Map(Object.entries(all)));
const addresses = [addressOf(Uint8Array.of(127, 0, 0, 1)), addressOf(Uint8Array.of(10, 0, 0, 9))] as const;

const told = (some: ReadonlyMap<string, string>[]) =>
  fc.record({
    id,
    named: fc.constantFrom(...some),
    client: fc.constantFrom(...addresses),
    method: fc.constantFrom('GET', 'HEAD'),
    path: fc.constantFrom('/v1/models', '/wp-admin'),
    route: fc.constantFrom('/v1/models', '/healthz', 'other'),
    traceId: fc.constantFrom(null, 'aa'.repeat(16)),
    status: fc.constantFrom(200, 404),
    errorCode: fc.constantFrom(null, 'rate_limited'),
    authorized: fc.boolean(),
    durationMs: fc.constantFrom(0, 0.4, 1, 20),
    copilot: fc.constantFrom(null, { copilot_detected: true }),
    response: fc.constantFrom(undefined, undefined, 'resp_1'),
  });

const sequences = fc
  .array(headers, { minLength: 1, maxLength: 3 })
  .chain((some) => fc.array(told(some), { minLength: 1, maxLength: 30 }));

it('makes the lines that the log makes of the facts, whatever came before', () => {
  fc.assert(
    fc.property(sequences, fc.boolean(), fc.constantFrom(null, 3), (all, maintenance, node) => {
      const lines = new AccessLines(logOf(maintenance, node));
      const log = logOf(maintenance, node);
      for (const { named, client, method, path, copilot, response, ...rest } of all) {
        const header = (name: string): string => named.get(name) ?? '';
        const head = {
          method,
          path,
          query: '',
          peerIsLoopback: true,
          client,
          lengthsDiffer: false,
          headers: named,
          header,
        };
        const over = { ...rest, at: now(), by: 'answer' as const, head };
        const context = { req_id: over.id, trace_id: over.traceId, route: over.route };
        const facts = { ...accessFacts(over, null, response), ...copilot };
        expect(lines.line(over, context, { record: null, response, copilot })).toBe(
          log.line('info', 'access_log', facts, context),
        );
      }
    }),
  );
});
