/** The channel of a process that says what the test puts into its mouth. */

import { describe, expect, test } from 'vitest';
import { r1, r2, ScriptedWorker as Bench } from '../testkit/scripted-worker.ts';
import { transportLimits } from '../testkit/transport-limits.ts';

describe('a worker', () => {
  test('is ready when initialize has succeeded; then account and models are read', async () => {
    const bench = new Bench();
    await bench.ready();
    expect(bench.methods).toEqual(['initialize', 'initialized', 'account/read', 'model/list']);
    expect(bench.facts).toEqual([
      { type: 'process.spawned' },
      { type: 'handshake.completed', version: '0.169.0' },
      { type: 'account.observed', signedIn: false },
      { type: 'models.observed', models: [{ id: 'm' }] },
    ]);
  });

  test.for([
    ['codex-gateway/0.169.0 (x)', '0.169.0', true],
    ['codex-gateway/0.168.0 (x)', '0.168.0', true],
    ['codex-gateway/0.155.0 (x)', '0.155.0', true],
    ['codex-gateway/0.154.9 (x)', '0.154.9', false],
    ['codex-gateway/0.44.0 (x)', '0.44.0', false],
    ['codex-gateway/1.0.0-alpha.1 (x)', '1.0.0-alpha.1', true],
    ['strange', 'unknown', false],
    [7, 'unknown', false],
  ] as const)('that says %s is of version %s: ready %s', ([userAgent, version, ready]) => {
    const bench = new Bench();
    bench.channel.send({ type: 'initialize', refresh: false });
    bench.answer('initialize', { userAgent });
    const failed = {
      type: 'handshake.failed',
      incompatible: version,
      reason: `worker_incompatible: the version of the Codex CLI is ${version}; this gateway is made for 0.169.0 and needs 0.155.0 or later`,
    };
    expect(bench.facts[0]).toEqual(ready ? { type: 'handshake.completed', version } : failed);
    expect(bench.journal.some((line) => line.startsWith('worker_version'))).toBe(ready && version !== '0.169.0');
  });

  test.for([
    [-32601, 'Method not found'],
    [-32600, 'Invalid request: unknown variant `initialize`, expected one of `newConversation`'],
  ] as const)('that does not know initialize (%s) speaks another protocol', ([code, message]) => {
    const bench = new Bench();
    bench.channel.send({ type: 'initialize', refresh: false });
    bench.refuse('initialize', code, message);
    expect(bench.facts).toMatchObject([{ type: 'handshake.failed', incompatible: 'unknown' }]);
  });

  test('that does not know the command line is too old', () => {
    const bench = new Bench();
    bench.process.spawned();
    bench.process.stderr(Buffer.from("error: unexpected argument '--strict-config' found\n\nUsage: codex\n"));
    bench.process.exited({ code: 2, signal: null, reason: 'exit code 2' });
    expect(bench.facts.map(({ type }) => type)).toEqual(['process.spawned', 'handshake.failed', 'process.exited']);
    expect(bench.facts[1]).toMatchObject({ incompatible: 'unknown' });
  });

  test('that refuses or ignores initialize has failed its handshake', () => {
    const refusing = new Bench();
    refusing.channel.send({ type: 'initialize', refresh: false });
    refusing.refuse('initialize', -32600, 'no');
    expect(refusing.facts).toEqual([{ type: 'handshake.failed', reason: 'initialize: no (-32600)' }]);
    const silent = new Bench();
    silent.channel.send({ type: 'initialize', refresh: false });
    silent.clock.advance(15_001);
    expect(silent.facts).toEqual([{ type: 'handshake.failed', reason: 'initialize: expired' }]);
  });

  test.for([
    ['answered', { account: { type: 'chatgpt' }, requiresOpenaiAuth: true }, true],
    ['refused', null, null],
    ['ignored', undefined, null],
  ] as const)('that is to refresh the sign-in is ready when that was %s, and not before', ([, result, signedIn]) => {
    const bench = new Bench();
    bench.channel.send({ type: 'initialize', refresh: true });
    bench.clock.advance(5_000);
    bench.answer('initialize', { userAgent: 'x/0.169.0' });
    expect(bench.sent.at(-1)).toMatchObject({ method: 'account/read', params: { refreshToken: true } });
    expect(bench.facts).toEqual([]);
    if (result === undefined) bench.clock.advance(5_000);
    else if (result === null) bench.refuse('account/read', -32603, 'no');
    else bench.answer('account/read', result);
    expect(bench.facts).toEqual([
      { type: 'account.observed', signedIn },
      { type: 'handshake.completed', version: '0.169.0' },
    ]);
    const limits = signedIn === true ? ['account/rateLimits/read'] : [];
    expect(bench.methods).toEqual(['initialize', 'initialized', 'account/read', ...limits, 'model/list']);
  });

  test('lists all pages of its models', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'initialize', refresh: false });
    bench.answer('initialize', { userAgent: 'x/0.169.0' });
    bench.answer('model/list', { data: [{ id: 'a' }], nextCursor: 'next' });
    bench.answer('model/list', { data: [{ id: 'b' }] });
    expect(bench.facts.at(-1)).toEqual({ type: 'models.observed', models: [{ id: 'a' }, { id: 'b' }] });
  });

  test('that talks does not miss a sign of life, although it answers none', async () => {
    const bench = new Bench();
    await bench.ready();
    for (let at = 0; at < 10; at += 1) {
      bench.clock.advance(10_000);
      bench.say({ method: 'remoteControl/status/changed', params: {} });
      bench.clock.advance(2_000);
    }
    expect(bench.facts.some(({ type }) => type === 'pulse.lost')).toBe(false);
  });

  test('that misses two signs of life in a row has lost its pulse; one miss, overload or a late answer do not count', async () => {
    const bench = new Bench();
    await bench.ready();
    const beat = (ms: number): void => bench.clock.advance(ms);
    beat(12_001);
    beat(10_000);
    bench.answer('server/diagnostics', {});
    beat(10_000);
    bench.refuse('server/diagnostics', -32001, 'Server overloaded; retry later.');
    beat(12_001);
    bench.answer('server/diagnostics', {});
    beat(12_001);
    expect(bench.facts.some(({ type }) => type === 'pulse.lost')).toBe(false);
    beat(12_001);
    expect(bench.facts.at(-1)).toMatchObject({ type: 'pulse.lost' });
    const { length } = bench.facts;
    beat(100_000);
    expect(bench.facts).toHaveLength(length);
  });

  test('that keeps threads nobody uses, or too much memory, is worn', async () => {
    const leaking = new Bench();
    await leaking.ready();
    for (let at = 0; at < 2; at += 1) {
      leaking.clock.advance(10_000);
      leaking.answer('server/diagnostics', { gauges: [{ name: 'core.threads.live', value: 3 }] });
    }
    expect(leaking.facts.at(-1)).toMatchObject({ type: 'wear.observed' });
    const fat = new Bench({ limits: { ...transportLimits, memoryBytesMax: 100 } });
    await fat.ready();
    fat.clock.advance(10_000);
    fat.answer('server/diagnostics', { process: { residentMemoryBytes: 101 } });
    expect(fat.facts.at(-1)).toMatchObject({ type: 'wear.observed' });
  });

  test('is worn after so many turns, once', async () => {
    const bench = new Bench({ limits: { ...transportLimits, turnsMax: 1 } });
    bench.start(r1);
    bench.start(r2, 'T2', 'U2');
    await Promise.resolve();
    expect(bench.facts.filter(({ type }) => type === 'wear.observed')).toHaveLength(1);
  });

  test('that writes an endless line is killed, and the exit says why', () => {
    const bench = new Bench({ limits: { ...transportLimits, lineBytesMax: 100 } });
    bench.process.stdout(Buffer.alloc(101, 'x'));
    bench.process.stdout(Buffer.alloc(101, 'x'));
    expect(bench.killed).toBe(1);
    bench.process.exited({ code: null, signal: 'SIGKILL', reason: 'killed by SIGKILL' });
    expect(bench.facts.at(-1)).toMatchObject({
      type: 'process.exited',
      reason: expect.stringContaining('a line of more than 100'),
    });
  });

  test('that is gone says nothing more and leaves no timer', async () => {
    const bench = new Bench();
    bench.process.stderr(Buffer.from('Error: config.toml:1:2: broken\n'));
    await bench.ready();
    bench.start();
    bench.process.stdout(Buffer.from('{"half":'));
    bench.process.exited({ code: 1, signal: null, reason: 'exit code 1' });
    expect(bench.facts.at(-1)).toEqual({
      type: 'process.exited',
      code: 1,
      signal: null,
      reason: 'exit code 1; Error: config.toml:1:2: broken',
    });
    const { length } = bench.facts;
    await bench.stop();
    bench.channel.send({ type: 'kill' });
    expect([bench.facts.length, bench.killed, bench.clock.pending]).toEqual([length, 0, 0]);
  });

  test('is asked by the end of its input, and killed', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'ask' });
    bench.channel.send({ type: 'kill' });
    expect([bench.ended, bench.killed]).toEqual([1, 1]);
  });

  test('whose binary is missing exits, and that is all', async () => {
    const bench = new Bench({ binary: '/nowhere/codex' });
    expect(bench.facts).toEqual([]);
    await Promise.resolve();
    expect(bench.facts).toMatchObject([
      { type: 'process.exited', code: null, reason: expect.stringContaining('/nowhere/codex') },
    ]);
  });

  test('has its warnings and its unknown notifications told once', () => {
    const bench = new Bench();
    const warning = { method: 'warning', params: { threadId: null, message: 'beware' } };
    bench.say(warning, warning, { method: 'a/new', params: {} }, { method: 'a/new', params: {} });
    expect(bench.journal).toEqual([
      'worker_warning {"method":"warning","text":"beware"}',
      'worker_notification {"method":"a/new"}',
    ]);
  });
});

describe('the account', () => {
  test.for([
    [{ account: null, requiresOpenaiAuth: false }, true],
    [{ account: null, requiresOpenaiAuth: true }, false],
    [{ account: { type: 'chatgpt' }, requiresOpenaiAuth: true }, true],
    [{ account: { type: 'apiKey' }, requiresOpenaiAuth: true }, true],
    [{}, null],
    ['?', null],
  ] as const)('%j: signed in %s', ([result, signedIn]) => {
    const bench = new Bench();
    bench.channel.send({ type: 'account.read' });
    bench.answer('account/read', result);
    expect(bench.facts).toEqual([{ type: 'account.observed', signedIn }]);
  });

  test('that cannot be read is unknown, not signed out', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'account.read' });
    bench.refuse('account/read', -32603, 'workspace routing discovery failed');
    expect(bench.facts).toEqual([{ type: 'account.observed', signedIn: null }]);
  });

  test('is signed in by device code', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'login.start' });
    bench.answer('account/login/start', { loginId: 'L1', verificationUrl: 'https://x/codex/device', userCode: 'ABCD' });
    bench.say({ method: 'account/login/completed', params: { loginId: 'L1', success: true, error: null } });
    bench.say({ method: 'account/updated', params: { authMode: 'chatgpt', planType: 'pro' } });
    expect(bench.facts).toEqual([
      { type: 'login.offered', offer: { loginId: 'L1', url: 'https://x/codex/device', code: 'ABCD' } },
      { type: 'login.completed', loginId: 'L1', success: true },
      { type: 'account.observed', signedIn: true },
    ]);
  });

  test('without a device code in five seconds the sign-in has failed', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'login.start' });
    bench.clock.advance(5_001);
    expect(bench.facts).toEqual([{ type: 'login.failed', reason: 'expired' }]);
  });

  test('a sign-in that failed only at its last step is looked at again', () => {
    const bench = new Bench();
    bench.say({
      method: 'account/login/completed',
      params: { loginId: 'L1', success: false, error: 'workspace routing discovery failed' },
    });
    bench.answer('account/read', { account: { type: 'chatgpt' }, requiresOpenaiAuth: true });
    expect(bench.facts).toEqual([{ type: 'login.completed', loginId: 'L1', success: true }]);
  });

  test('tells how long its limit holds, from sparse updates', () => {
    const bench = new Bench();
    const resetsAt = bench.clock.now() / 1_000 + 600;
    const update = (rateLimits: object) => ({ method: 'account/rateLimits/updated', params: { rateLimits } });
    bench.say(update({ primary: { usedPercent: 100, resetsAt } }), update({ primary: null, secondary: null }));
    bench.start();
    const error = { message: 'limit', codexErrorInfo: 'usageLimitExceeded' };
    bench.say({ method: 'error', params: { error, willRetry: false, threadId: 'T1', turnId: 'U1' } });
    expect(bench.events().at(-1)).toMatchObject({
      outcome: { failure: { code: 'insufficient_quota', retryAfterMs: 600_000 } },
    });
  });
});
