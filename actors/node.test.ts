import { describe, expect, test } from 'vitest';
import type { Outcome } from '../machines/outcome.ts';
import { House, nodeLimits, poolLimits } from '../testkit/house.ts';
import type { ResponseHandle } from './service.ts';
import type { TurnEvent } from './turn.ts';

const outcome = (handle: ResponseHandle): Outcome | undefined => handle.log.ending?.outcome;
const code = (handle: ResponseHandle): string | undefined => {
  const ended = outcome(handle);
  return ended?.type === 'failed' ? ended.failure.code : ended?.type;
};
const text = (handle: ResponseHandle): string =>
  handle.log.items.flatMap((item) => item.parts.map((part) => handle.log.escapedText(part))).join('|');

const opened: TurnEvent = { type: 'item.opened', item: 'm1', kind: 'message' };
const delta = (words: string, item = 'm1'): TurnEvent => ({ type: 'text.delta', item, delta: words });
const closed = (words: string, item = 'm1'): TurnEvent => ({ type: 'item.closed', item, kind: 'message', text: words });
const final: TurnEvent = { type: 'item.final', item: 'm1', kind: 'message', annotations: [] };
const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };
const gone: TurnEvent = { type: 'turn.closed' };
const sampled: TurnEvent = { type: 'sampling.completed', usage: null };

describe('one response', () => {
  test('runs from the lease to the released slot', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    expect(worker.turns).toEqual([handle.id]);
    worker.say(
      handle.id,
      { type: 'turn.accepted' },
      opened,
      delta('Hel'),
      delta('lo'),
      closed('Hello'),
      final,
      sampled,
      ended,
    );
    expect(code(handle)).toBe('completed');
    expect(text(handle)).toBe('Hello');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
    expect(house.node.health().workers[0]?.activeTurns).toBe(1);
    worker.say(handle.id, gone);
    expect(house.node.health().workers[0]?.activeTurns).toBe(0);
    expect(house.bugs).toEqual([]);
  });

  test('readers hear once a chunk, and nothing after the outcome', () => {
    const house = new House().rise();
    const handle = house.open();
    const lengths: number[] = [];
    handle.read(() => lengths.push(handle.log.length));
    const worker = house.launcher.worker(0);
    worker.say(handle.id, opened, delta('a'), delta('b'));
    worker.say(handle.id, delta('c'), ended, delta('late'));
    worker.say(handle.id, delta('later'), gone);
    expect(text(handle)).toBe('abc');
    // created, in_progress, item, part, two deltas; one more delta; three closing entries and the end.
    expect(lengths.at(-1)).toBe(11);
    expect(lengths.filter((length) => length < 11)).toEqual([6]);
  });

  test('an answer without text is one empty message', () => {
    const house = new House().rise();
    const handle = house.open();
    house.launcher.worker(0).say(handle.id, { type: 'turn.accepted' }, ended);
    expect(handle.log.items.map(({ kind, status }) => [kind, status])).toEqual([['message', 'completed']]);
  });

  test('a missing end of the turn is made up for by the end of the sampling', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    worker.say(handle.id, opened, delta('all'), closed('all'), final, sampled);
    house.clock.advance(4_999);
    expect(handle.log.ending).toBeNull();
    house.clock.advance(2);
    expect(code(handle)).toBe('completed');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
  });

  test('calls end the response at the end of the sampling', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    const call = { type: 'call.requested', kind: 'function_call', name: 'f', arguments: '{}' } as const;
    worker.say(
      handle.id,
      { ...call, item: 'c1', callId: 'call_1' },
      { ...call, item: 'c2', callId: 'call_2' },
      sampled,
    );
    expect(code(handle)).toBe('completed');
    expect(handle.log.items.map((item) => item.callId)).toEqual(['call_1', 'call_2']);
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
  });

  test('a repeated sampling after output fails, before output it is nothing', () => {
    const house = new House({ workers: 1 }).rise();
    const [late, early] = [house.open(), house.open()];
    const worker = house.launcher.worker(0);
    worker.say(late.id, opened, delta('x'), { type: 'upstream.retried' }, delta('x', 'm2'));
    expect([code(late), text(late)]).toEqual(['stream_disconnected', 'x']);
    worker.say(early.id, opened, { type: 'upstream.retried' });
    worker.say(early.id, { ...opened, item: 'm2' }, delta('x', 'm2'), ended);
    expect([code(early), text(early)]).toEqual(['completed', 'x']);
  });

  test('the last reader leaving interrupts the turn, and a stuck interrupt retires the worker', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    const leave = handle.read(() => undefined);
    worker.say(handle.id, opened, delta('x'));
    leave();
    leave();
    expect(code(handle)).toBe('cancelled');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
    house.clock.advance(2_000);
    expect(worker.has('ask')).toBe(true);
    worker.exit(0);
    expect(house.launcher.worker(0).epoch).toBe(2);
  });
});

describe('deadlines', () => {
  test.each([
    ['no output at all', 60_000, 'idle_timeout'],
    ['silence in mid-answer', 60_000, 'idle_timeout'],
  ])('%s ends as %s', (name, ms, expected) => {
    const house = new House().rise();
    const handle = house.open();
    if (name === 'silence in mid-answer') house.launcher.worker(0).say(handle.id, opened, delta('x'));
    house.clock.advance(ms - 1);
    expect(handle.log.ending).toBeNull();
    house.clock.advance(1);
    expect(code(handle)).toBe(expected);
  });

  test('output keeps a response alive until the overall limit', () => {
    const house = new House().rise();
    const handle = house.open();
    for (let ms = 0; ms < 300_000; ms += 10_000) {
      expect(handle.log.ending).toBeNull();
      house.launcher.worker(0).say(handle.id, opened, delta('x'));
      house.clock.advance(10_000);
    }
    expect(code(handle)).toBe('request_timeout');
  });

  test('a model that thinks for long is not idle while the worker says so', () => {
    const house = new House().rise();
    const handle = house.open();
    for (const ms of [50_000, 50_000, 50_000]) {
      house.launcher
        .worker(0)
        .say(handle.id, { type: 'item.opened', item: `r${house.clock.now()}`, kind: 'reasoning' });
      house.clock.advance(ms);
    }
    // Nothing was delivered, so a repeated sampling repeats nothing.
    house.launcher.worker(0).say(handle.id, { type: 'upstream.retried' });
    expect(handle.log.ending).toBeNull();
    house.clock.advance(20_000);
    expect(code(handle)).toBe('idle_timeout');
  });

  test('the head is committed a while after the lease though nothing was said', () => {
    const house = new House().rise();
    const handle = house.open();
    house.clock.advance(999);
    expect(handle.log.length).toBe(0);
    house.clock.advance(1);
    expect(handle.log.length).toBe(2);
  });
});

describe('the pool', () => {
  test('fills the least loaded worker, then the queue, then refuses', () => {
    const house = new House({ workers: 2 }).rise();
    const handles = Array.from({ length: 7 }, () => house.open());
    expect(house.launcher.worker(0).turns).toHaveLength(2);
    expect(house.launcher.worker(1).turns).toHaveLength(2);
    expect(handles.map(code)).toEqual([...Array.from({ length: 6 }), 'worker_busy']);
    const first = handles[0];
    if (first === undefined) throw new Error('no handle');
    house.launcher.worker(0).say(first.id, ended, gone);
    expect(house.launcher.worker(0).turns).toHaveLength(3);
    house.clock.advance(30_000);
    expect(handles.slice(4).map(code)).toEqual([undefined, 'worker_busy', 'worker_busy']);
  });

  test('the others start when the first worker is up, or has failed', () => {
    for (const settle of ['rise', 'exit'] as const) {
      const house = new House({ workers: 3 });
      expect(house.launcher.channels).toHaveLength(1);
      house.launcher.worker(0)[settle]();
      expect(house.launcher.channels).toHaveLength(3);
    }
  });

  test('a dead worker ends its own streams and comes back within its back-off', () => {
    const house = new House({ workers: 2 }).rise();
    const [a, b] = [house.open(), house.open()];
    house.launcher.worker(0).say(a.id, opened, delta('x'));
    house.launcher.worker(0).exit();
    expect([code(a), code(b)]).toEqual(['worker_exited', undefined]);
    house.clock.advance(374);
    expect(house.launcher.channels).toHaveLength(2);
    house.clock.advance(1);
    expect(house.launcher.worker(0).epoch).toBe(2);
    house.launcher.worker(1).say(b.id, opened, delta('y'), ended);
    expect([code(b), text(b)]).toEqual(['completed', 'y']);
  });

  test('a complete call survives the worker', () => {
    const house = new House().rise();
    const handle = house.open();
    const call = {
      type: 'call.requested',
      kind: 'function_call',
      name: 'f',
      arguments: '',
      item: 'c',
      callId: 'k',
    } as const;
    house.launcher.worker(0).say(handle.id, call);
    house.launcher.worker(0).exit();
    expect([code(handle), text(handle)]).toEqual(['completed', '{}']);
  });

  test('too many restarts open the circuit, which half-opens when one is forgiven', () => {
    const house = new House();
    for (let round = 0; round < 4; round += 1) {
      house.launcher.worker(0).exit();
      house.clock.advance(5_000);
    }
    expect(house.node.health()).toMatchObject({ live: false, liveness: 'restart_limit_exceeded' });
    expect(code(house.open())).toBe('worker_not_ready');
    const before = house.launcher.channels.length;
    for (let ms = 0; ms < 600_000 && house.launcher.channels.length === before; ms += 1_000) house.clock.advance(1_000);
    expect(house.launcher.channels).toHaveLength(before + 1);
    house.launcher.worker(0).rise();
    expect(house.node.health()).toMatchObject({ ready: true, live: true });
  });

  test('waiters are refused when no worker can be expected', () => {
    const house = new House();
    const handle = house.open();
    expect(code(handle)).toBeUndefined();
    house.launcher.worker(0).exit();
    house.clock.advance(500);
    house.launcher.worker(0).exit();
    expect(code(handle)).toBe('worker_not_ready');
  });

  test('drain admits nothing, lets answers finish, cuts the rest and stops the processes', async () => {
    const house = new House({ pool: { ...poolLimits, turnsPerWorkerMax: 2, queueMax: 2 } }).rise();
    const [finishes, cut, queued] = [house.open(), house.open(), house.open()];
    const drained = house.node.drain();
    expect(code(queued)).toBe('server_shutting_down');
    expect(code(house.open())).toBe('server_shutting_down');
    const worker = house.launcher.worker(0);
    worker.say(finishes.id, opened, delta('x'), ended, gone);
    expect(code(finishes)).toBe('completed');
    worker.say(cut.id, opened, delta('x'));
    house.clock.advance(30_000);
    expect(code(cut)).toBe('server_shutting_down');
    expect(worker.has('ask')).toBe(false);
    worker.say(cut.id, gone);
    expect(worker.has('ask')).toBe(true);
    worker.exit(0);
    await drained;
    expect(house.launcher.channels).toHaveLength(1);
    expect(house.clock.pending).toBeLessThan(8);
    expect(house.bugs).toEqual([]);
  });

  test('late words about a dead process change nothing', () => {
    const house = new House().rise();
    const old = house.launcher.worker(0);
    old.exit();
    house.clock.advance(500);
    house.launcher.worker(0).rise();
    const handle = house.open();
    old.facts.next({ type: 'process.exited', code: 1, signal: null, reason: 'again' });
    old.say(handle.id, opened, delta('stray'));
    expect(code(handle)).toBeUndefined();
    expect(text(handle)).toBe('');
  });
});

describe('sign-in', () => {
  const offer = { loginId: 'L1', url: 'https://example.test/device', code: 'ABCD-1234' };

  test('nobody signed in: one device code for all who ask, and the siblings are replaced afterwards', async () => {
    const house = new House({ workers: 2 }).rise();
    const [first, second] = [house.launcher.worker(0), house.launcher.worker(1)];
    first.facts.next({ type: 'account.observed', signedIn: false });
    const asked = [house.node.signIn(), house.node.signIn()];
    expect(first.sent.filter((command) => command.type === 'login.start')).toHaveLength(1);
    first.facts.next({ type: 'login.offered', offer });
    expect(await Promise.all(asked)).toEqual([
      { state: 'signedOut', offer },
      { state: 'signedOut', offer },
    ]);
    expect(await house.node.signIn()).toEqual({ state: 'signedOut', offer });
    first.facts.next({ type: 'login.completed', loginId: 'L1', success: true });
    expect(await house.node.signIn()).toEqual({ state: 'signedIn' });
    expect(second.has('ask')).toBe(true);
    expect(first.has('ask')).toBe(false);
  });

  test('who asks before the worker has told waits for its word', async () => {
    const house = new House();
    const early = house.node.signIn();
    house.rise();
    const alsoEarly = house.node.signIn();
    house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: true });
    expect(await Promise.all([early, alsoEarly])).toEqual([{ state: 'signedIn' }, { state: 'signedIn' }]);
  });

  test('and when that word is signed out, gets the offer', async () => {
    const house = new House().rise();
    const early = house.node.signIn();
    house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: false });
    await Promise.resolve();
    house.launcher.worker(0).facts.next({ type: 'login.offered', offer });
    expect(await early).toEqual({ state: 'signedOut', offer });
  });

  test.each<[string, (house: House) => void]>([
    [
      'the worker cannot find out',
      (house) => house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: null }),
    ],
    ['the worker exits', (house) => house.launcher.worker(0).exit()],
    ['it takes too long', (house) => house.clock.advance(5_000)],
  ])('but no longer than until %s', async (_, happen) => {
    const house = new House().rise();
    const early = house.node.signIn();
    happen(house);
    expect(await early).toEqual({ state: 'unknown' });
  });

  test('no device code to be had is an answer too', async () => {
    const house = new House({ limits: nodeLimits } as object).rise();
    house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: false });
    const failing = house.node.signIn();
    house.launcher.worker(0).facts.next({ type: 'login.failed', reason: 'no network' });
    expect(await failing).toEqual({ state: 'signedOut', offer: null });
    const silent = house.node.signIn();
    house.clock.advance(5_000);
    expect(await silent).toEqual({ state: 'signedOut', offer: null });
  });
});

test('after a programmer’s error every open response fails, and the node says that it is not ready', () => {
  const house = new House().rise();
  const [flowing, opening, queued] = [house.open(), house.open(), house.open()];
  house.launcher.worker(0).say(flowing.id, opened, delta('x'));
  house.node.abort();
  expect([flowing, opening, queued].map(code)).toEqual(['internal_error', 'internal_error', 'internal_error']);
  expect(house.node.health().ready).toBe(false);
});
