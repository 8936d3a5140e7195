/** How much of the account's limits is used up, from what is read and what is announced. */

import * as fc from 'fast-check';
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

test('are all that is known when they are read again: nothing of another account stays', () => {
  const bench = signedIn();
  bench.answer('account/rateLimits/read', { rateLimits: { primary: window(1, 1, 1), secondary: window(100, 2, 2) } });
  bench.say({ method: 'account/updated', params: { authMode: 'chatgpt', planType: 'pro' } });
  bench.answer('account/rateLimits/read', { rateLimits: { primary: window(5, 300, 100), secondary: null } });
  expect(limitsIn(bench).at(-1)).toEqual({
    primary: { usedPercent: 5, windowMinutes: 300, resetsAt: 100 },
    secondary: null,
  });
});

test('in numbers that cannot be meant are unknown, whatever the provider sends', () => {
  const anyNumber = fc.oneof(fc.double(), fc.constantFrom(1.8e15, 1e300, -1, 0.5, Number.MAX_SAFE_INTEGER));
  fc.assert(
    fc.property(anyNumber, anyNumber, anyNumber, (used, minutes, resets) => {
      const bench = signedIn();
      bench.say(update({ primary: window(used, minutes, resets) }));
      const known = limitsIn(bench).at(-1)?.primary;
      expect(known?.resetsAt ?? 0).toBeLessThan(1e11);
      // The date is told when the plan is used up; an impossible one would be an exception.
      expect(() => new Date((known?.resetsAt ?? 0) * 1_000).toISOString()).not.toThrow();
    }),
  );
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

test.for([
  ['device', 'chatgptDeviceCode', { verificationUrl: 'https://x.test/device', userCode: 'AB-1' }, 'AB-1'],
  ['browser', 'chatgpt', { authUrl: 'https://x.test/device' }, ''],
] as const)('P-40: in the flow %s one signs in by %s', async ([loginFlow, type, told, code]) => {
  const bench = new Bench({ loginFlow });
  bench.channel.send({ type: 'login.start' });
  expect(bench.sent.at(-1)).toMatchObject({ method: 'account/login/start', params: { type } });
  bench.answer('account/login/start', { type, loginId: 'L1', ...told });
  expect(bench.facts.at(-1)).toEqual({
    type: 'login.offered',
    offer: { loginId: 'L1', url: 'https://x.test/device', code },
  });
  bench.channel.send({ type: 'login.start' });
  bench.answer('account/login/start', { type, loginId: 'L2' });
  expect(bench.facts.at(-1)).toMatchObject({ type: 'login.failed' });
});
