import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Archive } from '../../actors/archive.ts';
import { ResponseLog } from '../../actors/log.ts';
import type { LogRecord } from '../../actors/log-record.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ResponseId } from '../../machines/ids.ts';
import { failed } from '../../machines/outcome.ts';
import { testModels, testSettings } from '../../testkit/front-end.ts';
import { grown, logPlan } from '../../testkit/log-arbitrary.ts';
import { completed, emptyLog, end, say, think } from '../../testkit/log-examples.ts';
import { VirtualClock } from '../../testkit/virtual-clock.ts';
import { MemoryStore } from '../../transport/memory-store.ts';
import { limits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import { responseObject } from '../responses-body.ts';
import { readResponsesRequest } from './responses.ts';

const storeLimits = { responsesMax: 2_000, bytesMax: 1_000_000_000, ttlMs: 1_000 };
const running = emptyLog('resp_running');
let store: MemoryStore;
let archive: Archive;

beforeEach(() => {
  store = new MemoryStore(storeLimits, new VirtualClock());
  archive = new Archive('ann', store, (id) => (id === 'resp_running' ? { log: running, discard: () => {} } : null));
});

const read = (body: JsonObject, mine: Archive | null = archive) =>
  readResponsesRequest(
    { model: 'codex-5', ...body },
    {
      models: testModels,
      ...testSettings,
      archive: mine,
    },
  ).request;

const refusal = (body: JsonObject, mine: Archive | null = archive): unknown => {
  try {
    return read(body, mine);
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

/** The same log under the ids that a runtime would have given. */
const named = (record: LogRecord, name: string): LogRecord => ({
  ...record,
  head: { ...record.head, id: `resp_${name}` as ResponseId },
  items: record.items.map((item) => ({ ...item, id: item.id.replace(/_\d+$/, `_${name}_${item.index}`) })),
});

const shown = (log: LogRecord, reveal: boolean): readonly JsonObject[] => {
  const response = JSON.parse(responseObject(ResponseLog.fromRecord(log), reveal)) as { output: readonly JsonObject[] };
  return response.output;
};

const user = (text: string): Json => ({ role: 'user', content: text });
const outputsFor = (output: readonly JsonObject[]): readonly Json[] =>
  output.flatMap(({ type, call_id }): Json[] => {
    const isCall = type === 'function_call' || type === 'custom_tool_call';
    return isCall && call_id !== undefined ? [{ type: `${type}_output`, call_id, output: 'done' }] : [];
  });

const put = (log: LogRecord, input: readonly Json[], previous: string | null): void => {
  const found = previous === null ? null : store.find('ann', previous);
  store.put('ann', { log, input }, found);
};

const stored = (id: string, text = 'Hello', input: readonly Json[] = [user('hi')], previous: string | null = null) => {
  const log = emptyLog(id);
  log.begin();
  think(log, id.replace('resp', 'rs').concat('_0'), ['Hm'], 'gAAA');
  say(log, id.replace('resp', 'msg').concat('_1'), [text]);
  put(end(log, completed, null).toRecord(), input, previous);
};

describe('a conversation', () => {
  const goesOn = logPlan.filter(({ outcome }) => outcome.type === 'completed' || outcome.type === 'incomplete');

  test('is the same by previous_response_id, by echo with and without encrypted content, and by reference', () => {
    fc.assert(
      fc.property(fc.array(goesOn, { minLength: 1, maxLength: 4 }), (plans) => {
        let previous: string | null = null;
        const echoed: Json[] = [];
        const hidden: Json[] = [];
        const referred: Json[] = [];
        let input: readonly Json[] = [user('first')];
        for (const [turn, plan] of plans.entries()) {
          const log = named(grown(plan).toRecord(), `t${turn}`);
          put(log, input, previous);
          previous = log.head.id;
          const output = shown(log, true);
          echoed.push(...input, ...output);
          hidden.push(...input, ...shown(log, false));
          referred.push(...input, ...output.map(({ id }): Json => ({ type: 'item_reference', id: id ?? '' })));
          input = [...outputsFor(output), user(`turn ${turn}`)];
        }
        const expected = read({ input: [...echoed, ...input] }, null).turn;
        expect(read({ previous_response_id: previous, input }).turn).toEqual(expected);
        expect(read({ input: [...hidden, ...input] }).turn).toEqual(expected);
        expect(read({ input: [...referred, ...input] }).turn).toEqual(expected);
      }),
    );
  });

  test('keeps what it refers to: references stay good when what they named is gone', () => {
    stored('resp_a');
    const { asked } = read({ input: [{ id: 'rs_a_0' }, { type: 'item_reference', id: 'msg_a_1' }, user('more')] });
    store.delete('ann', 'resp_a');
    expect(asked?.input).toMatchObject([
      { type: 'reasoning', encrypted_content: 'gAAA' },
      { type: 'message' },
      user('more'),
    ]);
    expect(asked?.previous).toBeNull();
  });

  test('goes on without new input; instructions are not inherited', () => {
    stored('resp_a');
    for (const input of [undefined, null, '', []]) {
      const body = { previous_response_id: 'resp_a', ...(input === undefined ? {} : { input }) };
      const { turn, echo, asked } = read(body);
      expect(turn.items.map(({ type }) => type)).toEqual(['message', 'reasoning', 'message']);
      expect(echo.previous_response_id).toBe('resp_a');
      expect(asked).toEqual({ input: [], previous: store.find('ann', 'resp_a') });
    }
    const told = read({ previous_response_id: 'resp_a', input: 'more', instructions: 'Be brief.' });
    expect(told.turn.items[0]).toMatchObject({ role: 'developer' });
    expect(JSON.stringify(told.asked?.input)).not.toContain('brief');
  });
});

describe('what is kept', () => {
  test('is the input in the words of the client, unless it says store: false', () => {
    expect(read({ input: 'hi' }).asked).toEqual({
      input: [{ type: 'message', ...(user('hi') as JsonObject) }],
      previous: null,
    });
    expect(read({ input: 'hi', store: true }).echo.store).toBe(true);
    const { asked, echo } = read({ input: 'hi', store: false });
    expect([asked, echo.store]).toEqual([null, false]);
  });

  test('is nothing where nothing is kept, and the response says so', () => {
    const { asked, echo } = read({ input: 'hi', store: true }, null);
    expect([asked, echo.store]).toEqual([null, false]);
  });
});

describe('is refused', () => {
  const reference = (id: Json): JsonObject => ({ input: [user('hi'), { type: 'item_reference', id }] });

  test.each<[string, JsonObject, string, string]>([
    [
      'an unknown response',
      { previous_response_id: 'resp_none' },
      'previous_response_not_found',
      'previous_response_id',
    ],
    ['an empty id', { previous_response_id: '' }, 'previous_response_not_found', 'previous_response_id'],
    ['an id that is no text', { previous_response_id: 7 }, 'invalid_request_error', 'previous_response_id'],
    ['one that runs', { previous_response_id: 'resp_running' }, 'response_not_completed', 'previous_response_id'],
    ['one that failed', { previous_response_id: 'resp_failed' }, 'response_not_completed', 'previous_response_id'],
    [
      'a conversation',
      { previous_response_id: 'resp_a', conversation: 'conv_1' },
      'unsupported_parameter',
      'conversation',
    ],
    [
      'an open call',
      { previous_response_id: 'resp_call', input: 'hi' },
      'invalid_function_call_output',
      'previous_response_id',
    ],
    ['an unknown item', reference('msg_none_0'), 'item_not_found', 'input[1].id'],
    ['an item beyond the last', reference('msg_a_7'), 'item_not_found', 'input[1].id'],
    ['an item id of another kind', reference('item-7'), 'item_not_found', 'input[1].id'],
    ['an item id that is no text', reference(7), 'invalid_request_error', 'input[1].id'],
  ])('%s', (_name, body, code, param) => {
    stored('resp_a');
    const failure = emptyLog('resp_failed');
    failure.begin();
    put(end(failure, failed('worker_exited'), null).toRecord(), [], null);
    const calling = emptyLog('resp_call');
    calling.begin();
    const item = calling.openItem({ id: 'fc_call_0', kind: 'function_call', callId: 'c', name: 'f' });
    calling.append(calling.openPart(item, 'arguments'), '{}');
    calling.closeItem(item);
    put(end(calling, completed, null).toRecord(), [user('hi')], null);
    expect(refusal({ input: 'hi', ...body })).toEqual([code, param]);
  });

  test("another's response and its items", () => {
    stored('resp_a');
    const bob = new Archive('bob', store, () => null);
    for (const other of [bob, null]) {
      const code = 'previous_response_not_found';
      expect(refusal({ previous_response_id: 'resp_a' }, other)).toEqual([code, 'previous_response_id']);
      expect(refusal(reference('msg_a_1'), other)).toEqual(['item_not_found', 'input[1].id']);
    }
    const thought = { type: 'reasoning', id: 'rs_a_0', summary: [] };
    expect(read({ input: [thought, user('hi')] }, bob).turn.items).toHaveLength(1);
    expect(read({ input: [thought, user('hi')] }).turn.items[0]).toMatchObject({ encrypted_content: 'gAAA' });
  });

  test('more than can be brought along', () => {
    for (let turn = 0; turn <= limits.historyResponsesMax; turn += 1) {
      stored(`resp_${turn}`, 'x', [], turn === 0 ? null : `resp_${turn - 1}`);
    }
    expect(read({ previous_response_id: `resp_${limits.historyResponsesMax - 1}` }).turn.items.length).toBeGreaterThan(
      999,
    );
    const tooMany = { previous_response_id: `resp_${limits.historyResponsesMax}` };
    expect(refusal(tooMany)).toEqual(['invalid_request_error', 'previous_response_id']);
    stored('resp_large', 'x'.repeat(limits.historyBytesMax));
    expect(refusal({ previous_response_id: 'resp_large' })).toEqual(['invalid_request_error', 'previous_response_id']);
    stored('resp_half', 'x'.repeat(limits.historyBytesMax / 3));
    const once = { input: [{ type: 'item_reference', id: 'msg_half_1' }] };
    expect(read(once).turn.items).toHaveLength(1);
    expect(refusal({ input: [...once.input, ...once.input] })).toEqual(['invalid_request_error', 'input[1].id']);
  });
});

test('a response that is read again has all that it had', () => {
  stored('resp_a');
  const log = archive.read('resp_a');
  expect(log === null ? null : JSON.parse(responseObject(log, false))).toMatchObject({
    id: 'resp_a',
    status: 'completed',
  });
  expect(archive.read('resp_running')).toBe(running);
});
