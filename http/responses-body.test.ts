import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import type { Echo } from '../actors/head.ts';
import {
  completed,
  defaultEcho,
  emptyLog,
  end,
  failureLog,
  reasoningLog,
  say,
  textLog,
  write,
} from '../testkit/log-examples.ts';
import type { JsonObject } from '../testkit/validator/json.ts';
import { validateResponseObject } from '../testkit/validator/responses.ts';
import { responseBody, responseObject } from './responses-body.ts';

const read = (text: string): JsonObject => JSON.parse(text);

it('gives the complete example of the contract byte for byte', () => {
  const expected = readFileSync(new URL('../testkit/fixtures/responses-b.json', import.meta.url), 'utf8').trimEnd();
  expect(responseObject(reasoningLog())).toBe(expected);
});

it('a body has the 33 members and the alias created', () => {
  expect(Object.keys(read(responseObject(textLog())))).toHaveLength(33);
  expect(responseBody(textLog())).toBe(`${responseObject(textLog()).slice(0, -1)},"created":1790000000}`);
});

it('any ended log gives a valid body', () => {
  const statuses = ['completed', 'incomplete', 'failed', 'cancelled'] as const;
  fc.assert(
    fc.property(logPlan, (plan) => {
      validateResponseObject(read(responseBody(grown(plan))), { statuses, optIns: ['custom'] });
    }),
  );
});

it('a response says what its own request said, whatever the requests before it have said', () => {
  const names = Object.keys(defaultEcho) as (keyof Echo)[];
  const changed = fc.dictionary(fc.constantFrom(...names, 'extra' as const), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 3,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(changed, fc.boolean()), { minLength: 2, maxLength: 6 }), (said) => {
      for (const [more, isCopied] of said) {
        const { background, extra, ...others } = more;
        const echo = {
          ...(isCopied ? structuredClone(defaultEcho) : defaultEcho),
          ...others,
          ...(background === undefined ? {} : { background: background === true }),
          ...(extra === undefined ? {} : { extra: { further: extra } }),
        } as Echo;
        const { extra: further, ...told } = read(JSON.stringify(echo));
        const body = read(responseObject(emptyLog('resp_m', echo)));
        expect(body).toMatchObject({ ...told, ...(further as JsonObject | undefined) });
        expect(Object.keys(body)).toHaveLength(further === undefined ? 33 : 34);
      }
    }),
  );
});

it('unknown usage is null', () => {
  const log = emptyLog('resp_u');
  log.begin();
  expect(read(responseObject(end(log, completed, null)))['usage']).toBeNull();
});

it('a failure drops the open item and keeps the closed ones', () => {
  const log = emptyLog('resp_f');
  log.begin();
  say(log, 'msg_0', ['whole']);
  write(log, 'msg_1', ['cut']);
  end(log, { type: 'failed', failure: { code: 'worker_exited' } }, null);
  expect(read(responseObject(log))['output']).toMatchObject([{ id: 'msg_0' }]);
});

it('the error of a response has four members in the order of the contract', () => {
  const error = read(responseObject(failureLog()))['error'];
  expect(Object.keys(error as JsonObject)).toEqual(['code', 'message', 'type', 'param']);
});

it.each([
  ['queued', true],
  ['in_progress', false],
])('a response that has not begun is %s when background is %s', (status, background) => {
  expect(read(responseObject(emptyLog('resp_s', { background })))).toMatchObject({ status, output: [], usage: null });
});

it('members that only some clients send stand last', () => {
  const body = responseObject(emptyLog('resp_e', { extra: { prompt_cache_retention: '24h' } }));
  expect(body.endsWith('"access_programs":null,"prompt_cache_retention":"24h"}')).toBe(true);
});
