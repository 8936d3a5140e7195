/** How much of the account's limits is used up, from what is read and what is announced. */

import { expect, test } from 'vitest';
import { ScriptedWorker as Bench } from '../testkit/scripted-worker.ts';

const chatgpt = { account: { type: 'chatgpt' }, requiresOpenaiAuth: true };
const window = (usedPercent: number | null, windowDurationMins: number | null, resetsAt: number | null) => ({
  usedPercent,
  windowDurationMins,
  resetsAt,
});
const update = (rateLimits: object) => ({ method: 'account/rateLimits/updated', params: { rateLimits } });
const signedIn = (account: object = chatgpt): Bench => {
  const bench = new Bench();
  bench.channel.send({ type: 'account.read' });
  bench.answer('account/read', account);
  return bench;
};
const limitsIn = (bench: Bench) =>
  bench.facts.flatMap((fact) => (fact.type === 'limits.observed' ? [fact.limits] : []));

test('are read when somebody is signed in, and updates keep what they leave out', () => {
  const bench = signedIn();
  bench.answer('account/rateLimits/read', {
    rateLimits: { limitId: 'codex', primary: window(42, 300, 100), secondary: window(10, 10_080, 200) },
  });
  bench.say(update({ limitId: null, primary: window(43, null, null), secondary: null }));
  bench.say(update({ limitId: 'codex', primary: null, secondary: window(null, 1, 1) }));
  const secondary = { usedPercent: 10, windowMinutes: 10_080, resetsAt: 200 };
  expect(limitsIn(bench)).toEqual([
    { primary: { usedPercent: 42, windowMinutes: 300, resetsAt: 100 }, secondary },
    { primary: { usedPercent: 43, windowMinutes: 300, resetsAt: 100 }, secondary },
    { primary: { usedPercent: 43, windowMinutes: 300, resetsAt: 100 }, secondary },
  ]);
});

test('of single models are not those of the plan', () => {
  const bench = signedIn();
  bench.say(update({ limitId: 'codex_other', primary: window(99, 60, 100) }));
  expect(limitsIn(bench)).toEqual([]);
});

test('of nobody are unknown', () => {
  const bench = signedIn();
  bench.say(update({ primary: window(42, 300, 100) }));
  bench.say({ method: 'account/updated', params: { authMode: null, planType: null } });
  bench.answer('account/read', { account: null, requiresOpenaiAuth: true });
  expect(limitsIn(bench).at(-1)).toEqual({ primary: null, secondary: null });
});

test.each([
  ['an API key', { account: { type: 'apiKey' }, requiresOpenaiAuth: true }],
  ['nobody', { account: null, requiresOpenaiAuth: false }],
])('are not asked for with %s', (_who, account) => {
  expect(signedIn(account).methods).toEqual(['account/read']);
});

test('that cannot be read are unknown, and nothing breaks', () => {
  const bench = signedIn();
  bench.refuse('account/rateLimits/read', -32600, 'chatgpt authentication required to read rate limits');
  expect(limitsIn(bench)).toEqual([]);
});
