import { expect, test } from 'vitest';
import type { Entry } from './entry.ts';
import { normalise } from './normalise.ts';

const a = '01890a5d-ac96-774b-bcce-b302099a8057';
const b = '01890a5d-ac96-774b-bcce-b302099a8058';
const c = '01890a5d-ac96-774b-bcce-b302099a8059';

const out = (message: unknown): Entry => ['out', JSON.stringify(message)];
const plain = (...messages: readonly unknown[]): readonly unknown[] =>
  normalise(messages.map(out)).map(([, text]) => JSON.parse(text) as unknown);
const delta = (threadId: string, itemId: string, text: string) => ({
  method: 'item/agentMessage/delta',
  params: { threadId, turnId: 'u', itemId, delta: text },
  emittedAtMs: 1,
});
const other = (threadId: string) => ({ method: 'item/completed', params: { threadId, turnId: 'u' } });
const texts = (messages: readonly unknown[]): readonly unknown[] =>
  messages.map((message) => (message as ReturnType<typeof delta>).params.delta ?? 'other');

test('ids become symbols in order of appearance, one count a kind', () => {
  expect(
    plain(
      { id: 4, result: { thread: { id: b, sessionId: b }, loginId: c } },
      { method: 'x', params: { threadId: b, turnId: a, item: { id: `msg_${a}`, turn_id: a } } },
      { error: { code: -32600, message: `thread not found: ${b}` }, id: 5 },
    ),
  ).toEqual([
    { id: 4, result: { thread: { id: 'T1', sessionId: 'T1' }, loginId: 'L1' } },
    { method: 'x', params: { threadId: 'T1', turnId: 'U1', item: { id: 'msg_g1', turn_id: 'U1' } } },
    { error: { code: -32600, message: 'thread not found: T1' }, id: 5 },
  ]);
});

test('ids of the provider and of requests stay', () => {
  const message = { id: 7, result: { item: 'msg_1_0', responseId: 'resp_000001', call: 'call_1_0' } };
  expect(plain(message)).toEqual([message]);
});

test('times, versions, places and ports do not show, but that there is none does', () => {
  const thread = { createdAt: 1, durationMs: null, cliVersion: '0.169.0', cwd: '/somewhere', path: null };
  const userAgent = 'codex-gateway/0.169.0 (Debian 12.0.0; x86_64) unknown (codex-gateway; 1.0.0)';
  expect(plain({ thread, userAgent, url: 'http://127.0.0.1:40123/codex' })).toEqual([
    {
      thread: { createdAt: 't', durationMs: null, cliVersion: 'v', cwd: 'v', path: null },
      userAgent: 'codex-gateway/v (v) unknown (codex-gateway; 1.0.0)',
      url: 'http://v/codex',
    },
  ]);
});

test('neighbouring deltas of one item are one, whatever another thread says in between', () => {
  const lines = [delta('t', 'm', 'a'), delta('s', 'm', 'x'), delta('t', 'm', 'b'), delta('s', 'm', 'y')];
  expect(texts(plain(...lines))).toEqual(['ab', 'xy']);
});

test('deltas of another item, or behind another line of the thread, stay apart', () => {
  const lines = [delta('t', 'm', 'a'), delta('t', 'n', 'b'), other('t'), delta('t', 'n', 'c')];
  expect(texts(plain(...lines))).toEqual(['a', 'b', 'other', 'c']);
});

test('an answer does not part deltas, because it may come anywhere', () => {
  const [first, second] = plain(delta('t', 'm', 'a'), { id: 3, result: {} }, delta('t', 'm', 'b'));
  expect(texts([first])).toEqual(['ab']);
  expect(second).toEqual({ id: 3, result: {} });
});

test('what says nothing about the protocol is left out', () => {
  const limits = (primary: unknown) => ({
    method: 'account/rateLimits/updated',
    params: { rateLimits: { primary, secondary: null } },
  });
  const lines = [
    { method: 'configWarning', params: {} },
    { method: 'remoteControl/status/changed', params: {} },
    limits(null),
    limits({ usedPercent: 42 }),
  ];
  expect(plain(...lines)).toEqual([limits({ usedPercent: 42 })]);
});

test('members keep their order, and a line that is no JSON stays as it is', () => {
  expect(normalise([['out', '{"b":1,"a":2}']])).toEqual([['out', '{"b":1,"a":2}']]);
  expect(normalise([['out', '{half']])).toEqual([['out', '{half']]);
});
