/** Calls as they are written into the log: whose names they have, and that no two of a conversation share an id. */

import { expect, test } from 'vitest';
import type { ResponseId } from '../machines/ids.ts';
import { echo } from '../testkit/house.ts';
import { Answer } from './answer.ts';
import { Bounds } from './bounds.ts';
import { CallDesk } from './call-desk.ts';
import { ResponseLog } from './log.ts';
import { noTerms, type Terms } from './terms.ts';
import { uncounted } from './tool-buffer.ts';
import type { TurnEvent } from './turn.ts';

type Requested = Extract<TurnEvent, { type: 'call.requested' }>;

const written = (terms: Terms, ...calls: readonly Partial<Requested>[]) => {
  const head = { id: 'resp_x' as ResponseId, createdAt: 1, model: 'm', echo, revealEncrypted: false };
  const log = new ResponseLog(head);
  let started = 0;
  const answer = new Answer(log, {
    bounds: new Bounds(terms),
    terms,
    desk: new CallDesk(terms.output),
    news: uncounted,
    watcher: {
      started: () => {
        started += 1;
        log.begin();
      },
      called: () => {},
      broken: () => {},
      mismatched: () => {},
      invalid: () => {},
    },
  });
  for (const [i, call] of calls.entries()) {
    const usual = { type: 'call.requested', item: `fc_${i}`, kind: 'function_call', callId: `call_${i}` } as const;
    answer.call({ ...usual, name: 'f', arguments: '{}', ...call });
  }
  answer.complete();
  expect(started).toBe(1);
  return log.items.map(({ id, callId, kind, name, namespace }) => ({ id, callId, kind, name, namespace }));
};
const ids = (terms: Terms, ...calls: readonly Partial<Requested>[]) =>
  written(terms, ...calls).map(({ callId }) => callId);

test("call ids are upstream's own", () => {
  expect(ids(noTerms, {}, {}, { callId: 'toolu_9' })).toEqual(['call_0', 'call_1', 'toolu_9']);
});

test('a call that is told twice is one call', () => {
  expect(ids(noTerms, { item: 'fc' }, { item: 'fc' })).toEqual(['call_0']);
});

test('no two calls of an answer have the same id, and none has an empty one', () => {
  const told = ids(noTerms, { callId: 'c' }, { callId: 'c' }, { callId: '' }, { callId: 'c' });
  expect(told).toEqual(['c', 'call_x_1', 'call_x_2', 'call_x_3']);
});

test('no call has the id of one that the conversation has already', () => {
  const told = ids(
    { ...noTerms, callIds: new Set(['call_0', 'call_1']) },
    {},
    { callId: 'call_7' },
    { callId: 'call_1' },
  );
  expect(told).toEqual(['call_x_0', 'call_7', 'call_x_2']);
});

test('a call has the name, namespace and kind of its tool', () => {
  const tools: Terms['tools'] = new Map([
    ['t0_n_f', { kind: 'function_call', name: 'f', namespace: 'n', schemaName: 'tools[0].tools[0].parameters' }],
    ['sh', { kind: 'custom_tool_call', name: 'sh' }],
  ]);
  expect(written({ ...noTerms, tools }, { name: 't0_n_f' }, { name: 'sh' }, { name: 'nope' })).toEqual([
    { id: 'fc_x_0', callId: 'call_0', kind: 'function_call', name: 'f', namespace: 'n' },
    { id: 'ctc_x_1', callId: 'call_1', kind: 'custom_tool_call', name: 'sh', namespace: undefined },
    { id: 'fc_x_2', callId: 'call_2', kind: 'function_call', name: 'nope', namespace: undefined },
  ]);
});
