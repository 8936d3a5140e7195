/** What the gateway itself enforces, through the whole runtime: the worker is stopped, and the answer says why it ended. */

import { describe, expect, test } from 'vitest';
import type { Outcome } from '../machines/outcome.ts';
import { House } from '../testkit/house.ts';
import type { ResponseRequest } from './service.ts';
import { type Demand, noTerms, type Terms } from './terms.ts';
import type { TurnEvent } from './turn.ts';

const opened = (item: string): TurnEvent => ({ type: 'item.opened', item, kind: 'message' });
const delta = (item: string, text: string): TurnEvent => ({ type: 'text.delta', item, delta: text });
const closed = (item: string, text: string): TurnEvent => ({ type: 'item.closed', item, kind: 'message', text });
const call = (item: string, args = '{}', name = 'f'): TurnEvent => ({
  type: 'call.requested',
  kind: 'function_call',
  item,
  callId: `call_${item}`,
  name,
  arguments: args,
});
const sampled: TurnEvent = { type: 'sampling.completed', usage: null };
const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };

const answer = (terms: Partial<Terms>, events: readonly TurnEvent[], more: Partial<ResponseRequest> = {}) => {
  const house = new House().rise();
  const handle = house.open({ terms: { ...noTerms, ...terms }, ...more });
  const worker = house.launcher.worker(0);
  for (const event of events) worker.say(handle.id, event);
  const { log } = handle;
  const texts = log.items.map((item) => item.parts.map((part) => log.escapedText(part)).join('|'));
  const outcome: Outcome | undefined = log.ending?.outcome;
  expect(house.bugs).toEqual([]);
  return { outcome, ending: log.ending, texts, items: log.items, stopped: worker.has('turn.stop') };
};

const cut: Outcome = { type: 'incomplete', reason: 'max_output_tokens' };
const completed: Outcome = { type: 'completed' };

describe('a token cap', () => {
  test('cuts the text between code points, ends the answer incomplete and stops the turn', () => {
    const { outcome, texts, items, stopped } = answer({ tokensMax: 2 }, [opened('m'), delta('m', '😀a😀b')]);
    expect([outcome, texts, items[0]?.status, stopped]).toEqual([cut, ['😀a'], 'incomplete', true]);
  });

  test('is not reached by a text that fits exactly', () => {
    const { outcome, texts } = answer({ tokensMax: 1 }, [delta('m', 'abcd'), closed('m', 'abcd'), sampled, ended]);
    expect([outcome, texts]).toEqual([completed, ['abcd']]);
  });

  test('counts the summary of the reasoning', () => {
    const summary: TurnEvent = { type: 'summary.delta', item: 'r', index: 0, delta: 'abcdef' };
    const { outcome, texts, items } = answer({ tokensMax: 1 }, [summary, delta('m', 'x')]);
    expect([outcome, texts, items[0]?.status]).toEqual([cut, ['abcd'], 'incomplete']);
  });

  test('leaves out a call that has no room; the message before it is whole', () => {
    const { outcome, texts, items } = answer({ tokensMax: 1 }, [
      delta('m', 'ab'),
      closed('m', 'ab'),
      call('c', '{"a":1}'),
    ]);
    expect([outcome, texts, items[0]?.status]).toEqual([cut, ['ab'], 'completed']);
  });

  test('holds though the first thing that comes is such a call', () => {
    const { outcome, texts, stopped } = answer({ tokensMax: 1 }, [call('c', '{"a":1}')]);
    expect([outcome, texts, stopped]).toEqual([cut, [], true]);
  });

  test('holds for text that was held back until the end of the turn', () => {
    const events = [delta('m', 'abcdST'), { ...ended }];
    const { outcome, texts, items } = answer({ tokensMax: 1, stop: ['STOP'] }, events);
    expect([outcome, texts, items[0]?.status]).toEqual([cut, ['abcd'], 'incomplete']);
  });
});

describe('a stop sequence', () => {
  test('ends the text before it, the answer with it, and the turn', () => {
    const { outcome, texts, stopped } = answer(
      { stop: ['STOP'] },
      ['Hello S', 'TO', 'P and more'].map((text) => delta('m', text)),
    );
    expect([outcome, texts, stopped]).toEqual([completed, ['Hello '], true]);
  });

  test('is looked for in each message, and what only looked like one is said', () => {
    const events = [
      delta('m', 'ST'),
      closed('m', 'ST'),
      delta('n', 'OP ST'),
      delta('n', 'ART'),
      closed('n', 'OP START'),
    ];
    const { outcome, texts } = answer({ stop: ['STOP'] }, [...events, sampled, ended]);
    expect([outcome, texts]).toEqual([completed, ['ST', 'OP START']]);
  });

  test('at the very beginning leaves an empty message', () => {
    const { outcome, texts } = answer({ stop: ['A'] }, [delta('m', 'A')]);
    expect([outcome, texts]).toEqual([completed, ['']]);
  });

  test('is found where the text of the item goes further than its deltas', () => {
    const { outcome, texts } = answer({ stop: ['cd'] }, [delta('m', 'abc'), closed('m', 'abcde')]);
    expect([outcome, texts]).toEqual([completed, ['ab']]);
  });

  test('does not apply to arguments and summaries', () => {
    const summary: TurnEvent = { type: 'summary.delta', item: 'r', index: 0, delta: 'aSTOPb' };
    const { texts } = answer({ stop: ['STOP'] }, [summary, call('c', '"STOP"'), sampled]);
    expect(texts).toEqual(['aSTOPb', '\\"STOP\\"']);
  });
});

test('of several calls one is shown where the request takes one', () => {
  const { outcome, items } = answer({ callsMax: 1 }, [call('c'), call('d'), sampled]);
  expect([outcome, items.map(({ callId }) => callId)]).toEqual([completed, ['call_c']]);
});

describe('usage', () => {
  const turn = {
    model: 'm',
    items: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
  };

  test('that nobody has counted is estimated where the gateway has ended the answer', () => {
    const { ending } = answer({ tokensMax: 2 }, [delta('m', 'more than that')], { turn });
    const usage = { inputTokens: 2, outputTokens: 2, totalTokens: 4 };
    expect(ending).toMatchObject({ usage, isEstimate: true });
  });

  test('is the one of the provider where there is one', () => {
    const usage = {
      inputTokens: 7,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: 9,
      reasoningOutputTokens: 0,
      totalTokens: 16,
    };
    const first: TurnEvent = { type: 'sampling.completed', usage };
    const { ending } = answer({ tokensMax: 2 }, [first, delta('m', 'more than that')], { turn });
    expect([ending?.usage, ending?.isEstimate]).toEqual([usage, undefined]);
  });

  test('P-101 that nobody has counted is estimated, and says so', () => {
    const { ending } = answer({}, [delta('m', 'nine char'), sampled, ended], { turn });
    expect(ending).toMatchObject({ usage: { inputTokens: 2, outputTokens: 3, totalTokens: 5 }, isEstimate: true });
  });

  test('stays unknown where the answer failed', () => {
    const broken: TurnEvent = { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } };
    expect(answer({ tokensMax: 2 }, [delta('m', 'x'), broken], { turn }).ending).toMatchObject({ usage: null });
  });
});

describe('a demand', () => {
  const wanted = (demand: Demand, strict: boolean, ...events: readonly TurnEvent[]) =>
    answer({ demands: [demand], strict }, [...events, sampled, ended]).outcome;
  const anyCall: Demand = { kind: 'call', param: 'tool_choice' };
  const named: Demand = { kind: 'call', param: 'tool_choice', names: ['g'] };
  const json: Demand = { kind: 'json_object', param: 'text.format' };
  const text = (said: string) => [delta('m', said), closed('m', said)];
  const unmet = (param: string): Outcome => ({ type: 'failed', failure: { code: 'demand_unmet', param } });

  test.each<[string, Demand, readonly TurnEvent[]]>([
    ['any call', anyCall, [call('c')]],
    ['the named call', named, [call('c'), call('d', '{}', 'g')]],
    ['an object', json, text(' {"a":"\\u2028 ```"}\n')],
    ['an object that took several messages', json, [...text('{"a":'), delta('n', '1}')]],
    ['a call in place of an object', json, [call('c')]],
  ])('is met by %s', (_name, demand, events) => {
    expect(wanted(demand, true, ...events)).toEqual(completed);
  });

  test.each<[string, Demand, readonly TurnEvent[]]>([
    ['no call', anyCall, text('no')],
    ['another call', named, [call('c')]],
    ['nothing', json, []],
    ['a list', json, text('[1]')],
    ['text around the object', json, text('Here: {}')],
  ])('that is not met (%s) is noted, or fails where that is wanted', (_name, demand, events) => {
    expect(wanted(demand, false, ...events)).toEqual(completed);
    expect(wanted(demand, true, ...events)).toEqual(unmet(demand.param));
  });
});

test('a schema that the provider refuses is a failure of the field that the client put it into', () => {
  const failure = {
    code: 'upstream_rejected',
    message: 'Invalid schema',
    param: 'text.format.schema',
    verbatim: { type: 'invalid_request_error', code: 'invalid_json_schema' },
  } as const;
  const refused: TurnEvent = { type: 'turn.ended', outcome: { type: 'failed', failure } };
  const schemaName = 'response_format.json_schema.schema';
  expect(answer({}, [refused], { schemaName }).outcome).toEqual({
    type: 'failed',
    failure: { ...failure, param: schemaName },
  });
  expect(answer({}, [refused]).outcome).toEqual({ type: 'failed', failure });
});
