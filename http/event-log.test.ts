import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LogEvent, type LogEventEntry, logEvents } from '../actors/log-events.ts';
import { type LogField, logFields } from '../actors/log-fields.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import { createRedactor } from '../transport/redact.ts';
import { EventLog, type EventLogOptions } from './event-log.ts';
import { logLine, withLogTables } from './logs-page.ts';

const names = Object.keys(logEvents) as readonly LogEvent[];

const now = 1_790_000_000_123;
const open = (options: Partial<EventLogOptions> = {}) => {
  const lines: string[] = [];
  const log = new EventLog({
    write: (line) => lines.push(line),
    now: () => now,
    redact: createRedactor().object,
    level: 'debug',
    maintenance: false,
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> };
};

const samples = { text: 'x', integer: 1, number: 1.5, flag: true, texts: ['x'], object: { x: 1 } } as const;

describe('P-201 P-203 the catalogue', () => {
  test.each(names)('%s: a line is what the schema says', (name) => {
    const { log, lines, last } = open();
    const { fields } = logEvents[name];
    const facts = Object.fromEntries(fields.map((field) => [field, samples[logFields[field][0]]]));
    log.hear('info', name, facts as JsonObject, {});
    expect(logLine.parse(last())).toMatchObject({ event: name, ...facts });
    expect(Object.keys(last()).slice(0, 6)).toEqual(['timestamp', 'ts', 'ts_ms', 'level', 'component', 'event']);
    expect(lines[0]).not.toContain('\n');
  });

  test('names are words of one kind, and every field is of use', () => {
    for (const name of [...names, ...Object.keys(logFields)]) expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    const used = new Set<string>([...names.flatMap((name) => logEvents[name].fields), 'maintenance_mode']);
    expect(Object.keys(logFields).filter((field) => !used.has(field))).toEqual([]);
  });

  test('docs/logs.md is what the catalogue says', () => {
    // `npm run pages` renews it.
    const page = readFileSync(new URL('../docs/logs.md', import.meta.url), 'utf8');
    expect(withLogTables(page)).toBe(page);
  });
});

/** As a line is defined, without remembering anything. */
const plainLine = (redact: EventLogOptions['redact'], maintenance: boolean, event: LogEvent, facts: JsonObject) => {
  const entry: LogEventEntry = logEvents[event];
  const { component, fields } = entry;
  const level = entry.level ?? 'info';
  const told = Object.entries(facts).filter(([name, value]) => value !== null && fields.includes(name as LogField));
  // An id of ours is what it is, under every name of the line from there on.
  let ours: Json = null;
  const seen = told.map(([name, value]): [string, Json] => {
    const isOurs = ['req_id', 'output_text_hash'].includes(name);
    if (isOurs && typeof value === 'string' && /^(req_)?[0-9a-f]+$/.test(value)) ours = value;
    const [shown] = Object.entries(redact({ [name]: value }));
    return value === ours && redact({ [name]: 'x' })[name] === 'x' ? [name, value] : (shown ?? [name, value]);
  });
  const head = { timestamp: new Date(now).toISOString(), ts: now, ts_ms: now, level, component, event };
  const last = maintenance ? { maintenance_mode: true } : {};
  return JSON.stringify({ ...head, ...Object.fromEntries(seen), ...last }).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};

const said = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('req_0000abcdef', '0000abcdef', 'req_'),
  fc.constantFrom('GET', 'the-key', 'sk-0123456789abcdef01', 'Bearer abcdefgh', 'https://u:p@auth.x/login?q', '\u2028'),
  fc.string({ minLength: 250, maxLength: 300 }),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  said,
  fc.constantFrom(null, true, false, 0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
  fc.array(said, { maxLength: 3 }),
  fc.array(fc.constantFrom('x', 'the-key', ''), { minLength: 30, maxLength: 36 }),
  fc.dictionary(fc.constantFrom('a', 'password', 'content', 'user_code'), said, { maxKeys: 3 }),
);

describe('a line', () => {
  test('is what JSON makes of the redacted facts, whatever was told before', () => {
    const redact = createRedactor({ secrets: ['the-key', '0000'] }).object;
    const logs = [false, true].map((maintenance) => open({ redact, maintenance }));
    const event = fc.constantFrom(...names);
    const facts = event.chain((name) => {
      const field = fc.constantFrom<string>(...logEvents[name].fields, 'stranger', 'maintenance_mode', 'token');
      return fc.tuple(fc.constant(name), fc.dictionary(field, value), fc.dictionary(field, value));
    });
    fc.assert(
      fc.property(facts, ([name, context, own]) => {
        for (const [index, { log, lines }] of logs.entries()) {
          log.hear('info', name, own, context);
          expect(lines.at(-1)).toBe(plainLine(redact, index === 1, name, { ...context, ...own }));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('has the time, what is known of its request, and only fields of its event', () => {
    const { log, last } = open({ maintenance: true });
    const context = { req_id: 'req_1', trace_id: null, route: '/v1/responses', mode: 'chat_stream' };
    log.hear('warn', 'text_mismatch', { response_id: 'resp_1', stranger: 'x' }, context);
    expect(last()).toEqual({
      timestamp: '2026-09-21T14:13:20.123Z',
      ts: 1_790_000_000_123,
      ts_ms: 1_790_000_000_123,
      level: 'warn',
      component: 'request',
      event: 'text_mismatch',
      req_id: 'req_1',
      route: '/v1/responses',
      response_id: 'resp_1',
      maintenance_mode: true,
    });
  });

  test('of a lower level is left out', () => {
    const { log, lines } = open({ level: 'warn' });
    log.tell('info', 'shutdown_complete', {});
    log.tell('info', 'finish_reason', {});
    log.tell('warn', 'usage_log_unwritable', {});
    log.tell('info', 'bug', {});
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['usage_log_unwritable', 'bug']);
  });

  test('never breaks, and moves no cursor, whatever a client has written', () => {
    const { log, lines, last } = open();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const said = `${text}\n\r\u001b[2J\u0085\u009b2J\u2028\u2029\ud800\u007f`;
        log.tell('info', 'cors_preflight', { origin: said });
        // oxlint-disable-next-line no-control-regex -- those are what must not be there
        expect(lines.at(-1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(last()['origin']).toBe(createRedactor().text(said));
      }),
    );
  });

  test('has gone through the redactor', () => {
    const { log, lines } = open({ redact: createRedactor({ secrets: ['the-key'] }).object });
    log.tell('info', 'access_log', { ua: 'curl the-key', path: '/x/the-key' });
    expect(lines[0]).not.toContain('the-key');
  });
});
