/** Requests about responses of another node: what they mean is the same as where all is on one. */

import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { ResponseLog } from '../actors/log.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import { closeFronts, startFront, testModels, testSettings } from '../testkit/front-end.ts';
import { type LendingNode, lendingHost } from '../testkit/lending-host.ts';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import { completed, emptyLog, end, say, think } from '../testkit/log-examples.ts';
import { ask } from '../testkit/raw-client.ts';
import { idOfNode } from '../transport/node-ids.ts';
import { bodyBytes } from './body-bytes.ts';
import { reachable } from './borrowing.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { limits } from './limits.ts';
import { RequestError } from './request-error.ts';
import { readResponsesRequest } from './requests/responses.ts';
import { responseObject } from './responses-body.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
const parts = { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint };
afterEach(closeFronts);

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`no ${index}`);
  return found;
};
const idAt = (node: number, number: number): ResponseId => idOfNode(node, number.toString(16).padStart(32, '0'));
const user = (text: string): Json => ({ role: 'user', content: text });

const read = async ({ archive }: LendingNode, body: JsonObject) => {
  const hold = bodyBytes.hold();
  try {
    const whole = await reachable(archive('ann'), body, hold);
    return readResponsesRequest({ model: 'codex-5', ...body }, { models: testModels, ...testSettings, archive: whole })
      .request;
  } finally {
    hold.release();
  }
};
const refusal = async (node: LendingNode, body: JsonObject): Promise<unknown> => {
  try {
    return await read(node, body);
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

const shown = (log: ResponseLog, reveal: boolean): readonly JsonObject[] =>
  (JSON.parse(responseObject(log, reveal)) as { readonly output: readonly JsonObject[] }).output;
const outputsFor = (output: readonly JsonObject[]): readonly Json[] =>
  output.flatMap(({ type, call_id }): Json[] =>
    (type === 'function_call' || type === 'custom_tool_call') && call_id !== undefined
      ? [{ type: `${type}_output`, call_id, output: 'done' }]
      : [],
  );

const goesOn = logPlan.filter(({ outcome }) => outcome.type === 'completed' || outcome.type === 'incomplete');

test('a conversation over several nodes reads the same by previous_response_id, by echo and by references', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(goesOn, fc.nat(2)), { minLength: 1, maxLength: 4 }),
      fc.nat(2),
      async (plans, last) => {
        const { nodes } = await lendingHost(3, { pieceBytes: 400 });
        const echoed: Json[] = [];
        const hidden: Json[] = [];
        const referred: Json[] = [];
        let previous: string | null = null;
        let input: readonly Json[] = [user('first')];
        for (const [turn, [plan, node]] of plans.entries()) {
          const record = grown(plan).toRecord();
          const id = idAt(node, turn);
          const items = record.items.map((item) => ({
            ...item,
            id: item.id.replace(/_\d+$/, `_${id.slice('resp_'.length)}_${item.index}`),
          }));
          const log = { ...record, items, head: { ...record.head, id } };
          const here = at(nodes, node);
          const { asked } = await read(here, { input, previous_response_id: previous });
          here.store.put('ann', { input, log }, asked?.previous ?? null);
          previous = id;
          const output = shown(ResponseLog.fromRecord(log), true);
          echoed.push(...input, ...output);
          hidden.push(...input, ...shown(ResponseLog.fromRecord(log), false));
          referred.push(...input, ...output.map((item): Json => ({ type: 'item_reference', id: item['id'] ?? '' })));
          input = [...outputsFor(output), user(`turn ${turn}`)];
        }
        const asked = at(nodes, last);
        const expected = (await read(asked, { input: [...echoed, ...input], store: false })).turn;
        expect((await read(asked, { previous_response_id: previous, input })).turn).toEqual(expected);
        expect((await read(asked, { input: [...hidden, ...input] })).turn).toEqual(expected);
        expect((await read(asked, { input: [...referred, ...input] })).turn).toEqual(expected);
        expect(bodyBytes.held).toBe(0);
      },
    ),
    { numRuns: 25 },
  );
});

const stored = ({ store }: LendingNode, id: string, text: string, previous: string | null = null): void => {
  const log = emptyLog(id);
  log.begin();
  think(log, `${id.replace('resp', 'rs')}_0`, ['Hm'], 'gAAA');
  say(log, `${id.replace('resp', 'msg')}_1`, [text]);
  const exchange = { log: end(log, completed, null).toRecord(), input: [user('hi')] };
  store.put('ann', exchange, previous === null ? null : store.find('ann', previous));
};

test('what is refused of a response of this node is refused of one of another', async () => {
  const { nodes } = await lendingHost(2, { store: { responsesMax: 2_000 } });
  const [here, there] = [at(nodes, 0), at(nodes, 1)];
  const [unknown, running, large, many] = [idAt(1, 1), idAt(1, 2), idAt(1, 3), idAt(1, 4)];
  there.running.set(`ann ${running}`, { log: emptyLog(running), discard: () => {} });
  stored(there, large, 'x'.repeat(limits.historyBytesMax / 3));
  for (let turn = 0; turn <= limits.historyResponsesMax; turn += 1)
    stored(
      there,
      turn === limits.historyResponsesMax ? many : `resp_${turn}`,
      '',
      turn === 0 ? null : `resp_${turn - 1}`,
    );
  const reference = { type: 'item_reference', id: `${large.replace('resp', 'msg')}_1` };
  const bodies: readonly JsonObject[] = [
    { input: 'hi', previous_response_id: unknown },
    { input: 'hi', previous_response_id: running },
    { input: 'hi', previous_response_id: many },
    { input: [{ type: 'item_reference', id: `${unknown.replace('resp', 'msg')}_0` }] },
    { input: [reference, reference] },
  ];
  for (const body of bodies) expect(await refusal(here, body)).toEqual(await refusal(there, body));
  expect((await read(here, { input: [reference] })).turn.items).toHaveLength(1);
  const unknownItems = Array.from({ length: 1_001 }, (_, number) => ({ id: `msg_${idAt(1, number).slice(5)}_0` }));
  expect(await refusal(here, { input: unknownItems })).toEqual(['invalid_request_error', 'input']);
});

test('a response of another node is read and deleted over HTTP; while its node is gone, that is said', async () => {
  const { nodes } = await lendingHost(2);
  const [here, there] = [at(nodes, 0), at(nodes, 1)];
  const { port, service } = await startFront(parts, { apiKeys: ['ann', 'bob'] });
  service.store = here.store;
  service.elsewhere = here.borrower;
  const id = idAt(1, 1);
  const as = async (key: string, method = 'GET', path = `/v1/responses/${id}`, body: object | null = null) => {
    const headers = { authorization: `Bearer ${key}` };
    const { status, text } = await ask(port, path, {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    return [status, text === '' ? null : (JSON.parse(text) as JsonObject)];
  };
  const opened = service.next();
  const posted = as('ann', 'POST', '/v1/responses', { model: 'codex-5', input: 'hi' });
  const response = await opened;
  response.answer('Hello');
  await posted;
  const record = response.log.toRecord();
  const log = { ...record, head: { ...record.head, id } };
  there.store.put(response.request.owner, { input: [], log }, null);

  const whole = JSON.parse(responseObject(ResponseLog.fromRecord(log), false)) as JsonObject;
  expect(await as('ann')).toEqual([200, whole]);
  expect(await as('ann', 'HEAD')).toEqual([200, null]);
  const continued = service.next();
  const going = as('ann', 'POST', '/v1/responses', { model: 'codex-5', input: 'more', previous_response_id: id });
  const next = await continued;
  next.answer('Hello again');
  expect(await going).toMatchObject([200, { id: next.id }]);
  expect(next.request.turn.items.map(({ role }) => role)).toEqual(['assistant', 'user']);

  const missing = [404, { error: { code: 'not_found' } }];
  for (const method of ['GET', 'DELETE']) expect(await as('bob', method)).toMatchObject(missing);
  expect(await as('ann', 'DELETE')).toEqual([200, { id, object: 'response', deleted: true }]);
  for (const method of ['GET', 'DELETE']) expect(await as('ann', method)).toMatchObject(missing);

  for (const pipe of there.linked.pipes) pipe.destroy();
  const gone = { code: 'response_unreachable', type: 'backend_unavailable', retryable: true };
  for (const method of ['GET', 'DELETE']) expect(await as('ann', method)).toMatchObject([503, { error: gone }]);
  expect(
    await as('ann', 'POST', '/v1/responses', { model: 'codex-5', input: 'more', previous_response_id: id }),
  ).toMatchObject([503, { error: { ...gone, param: 'previous_response_id' } }]);
  const item = { type: 'item_reference', id: `msg_${id.slice(5)}_1` };
  expect(await as('ann', 'POST', '/v1/responses', { model: 'codex-5', input: [item] })).toMatchObject([
    503,
    { error: { ...gone, param: 'input' } },
  ]);
});
