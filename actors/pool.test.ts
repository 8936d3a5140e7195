import { describe, expect, test } from 'vitest';
import { House, poolLimits } from '../testkit/house.ts';
import { code, delta, ended, gone, opened, text } from '../testkit/words.ts';

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

  test('a worn worker goes when it is idle or when another one serves, never all of them at once', () => {
    const house = new House({ workers: 2 }).rise();
    const [a, b] = [house.open(), house.open()];
    const [first, second] = [house.launcher.worker(0), house.launcher.worker(1)];
    first.say(a.id, opened, delta('x'));
    second.say(b.id, opened, delta('x'));
    for (const worker of [first, second]) worker.facts.next({ type: 'wear.observed', reason: 'test' });
    expect(house.node.health().workers.map((worker) => worker.state)).toEqual(['draining', 'ready']);
    expect(house.node.health().ready).toBe(true);
    const served = house.open();
    expect(second.turns).toEqual([b.id, served.id]);
    first.say(a.id, ended, gone);
    expect(first.has('ask')).toBe(true);
    first.exit(0);
    house.clock.advance(5_000);
    house.launcher.worker(0).rise();
    expect(house.node.health().workers.map((worker) => worker.state)).toEqual(['ready', 'draining']);
  });

  test('a worn worker that is alone and never idle goes after a number of answers all the same', () => {
    const house = new House().rise();
    const worker = house.launcher.worker(0);
    const first = house.open();
    worker.facts.next({ type: 'wear.observed', reason: 'test' });
    for (let count = 0; count < poolLimits.wornLeasesMax; count += 1) {
      expect(house.node.health().ready).toBe(true);
      worker.say(house.open().id, ended, gone);
    }
    expect(house.node.health().workers[0]?.state).toBe('draining');
    expect(code(house.open())).toBeUndefined();
    worker.say(first.id, ended, gone);
    expect(worker.has('ask')).toBe(true);
  });

  test('a burst gives a worn worker no more answers than that', () => {
    const house = new House({ pool: { ...poolLimits, turnsPerWorkerMax: 200, queueMax: 200 } }).rise();
    const worker = house.launcher.worker(0);
    house.open();
    worker.facts.next({ type: 'wear.observed', reason: 'test' });
    for (let count = 0; count < 100; count += 1) house.open();
    expect(worker.turns.length).toBe(1 + poolLimits.wornLeasesMax);
    expect(house.node.health()).toMatchObject({
      queued: 100 - poolLimits.wornLeasesMax,
      workers: [{ state: 'draining' }],
    });
  });

  test('a worker that gives no sign of life is out of service before it is dead', () => {
    const house = new House({ workers: 2 }).rise();
    house.launcher.worker(0).facts.next({ type: 'pulse.lost', reason: 'test' });
    expect(house.launcher.worker(0).has('kill')).toBe(true);
    expect(house.node.health().workers[0]?.state).toBe('sick');
    for (let count = 0; count < 2; count += 1) house.open();
    expect([house.launcher.worker(0).turns.length, house.launcher.worker(1).turns.length]).toEqual([0, 2]);
    house.launcher.worker(0).exit(null);
    expect(house.node.health()).toMatchObject({ restartDelayMs: 375, lastExit: { reason: 'test' } });
  });

  test('replacements that are due again at once are bounded like restarts', () => {
    const house = new House();
    for (let round = 0; round < 10; round += 1) {
      const worker = house.launcher.worker(0);
      worker.rise();
      worker.facts.next({ type: 'wear.observed', reason: 'test' });
      worker.exit(0);
      house.clock.advance(6_000);
    }
    expect(house.launcher.channels).toHaveLength(1 + poolLimits.restartMax);
    expect(house.node.health().live).toBe(false);
  });

  test('P-178: a worker that has done its turns is replaced at once, which is no failure however soon it is', () => {
    const house = new House().rise();
    for (let epoch = 1; epoch <= 30; epoch += 1) {
      house.launcher.worker(0).facts.next({ type: 'wear.observed', reason: '1 turns', served: true });
      house.launcher.worker(0).exit(0);
      house.launcher.worker(0).rise();
      expect(house.launcher.worker(0).epoch).toBe(epoch + 1);
    }
    expect(house.node.health()).toMatchObject({
      ready: true,
      workers: [{ restartsTotal: 0, consecutiveFailures: 0, state: 'ready' }],
    });
  });

  describe('P-168: when a client leaves', () => {
    const opened2 = (more: object) => {
      const house = new House({}, undefined, more).rise();
      const worker = house.launcher.worker(0);
      const [leaving, staying] = [house.open(), house.open()];
      const leave = leaving.read(() => undefined);
      worker.say(leaving.id, opened, delta('x'));
      worker.say(staying.id, opened, delta('y'));
      leave();
      worker.say(leaving.id, gone);
      return { house, worker, staying };
    };

    test('its worker stays, unless the operator wants it replaced', () => {
      const { worker, staying } = opened2({});
      worker.say(staying.id, ended, gone);
      expect(worker.has('ask')).toBe(false);
    });

    test('that goes when it serves nobody else, and cuts nobody', () => {
      const { house, worker, staying } = opened2({ replaceDeserted: true });
      expect(worker.has('ask')).toBe(false);
      worker.say(staying.id, delta('z'), ended, gone);
      expect([code(staying), text(staying)]).toEqual(['completed', 'yz']);
      expect(worker.has('ask')).toBe(true);
      worker.exit(0);
      expect(house.launcher.worker(0).epoch).toBe(2);
      expect(house.node.health().workers).toMatchObject([{ consecutiveFailures: 0, restartsTotal: 0 }]);
    });

    test('an answer that was read to its end is not left', () => {
      const house = new House({}, undefined, { replaceDeserted: true }).rise();
      const handle = house.open();
      const leave = handle.read(() => undefined);
      house.launcher.worker(0).say(handle.id, opened, delta('x'), ended, gone);
      leave();
      expect(house.launcher.worker(0).has('ask')).toBe(false);
    });
  });

  test('P-179: with a CLI that nothing can be done with, requests are told so and the process stays well', () => {
    const house = new House();
    const waiting = house.open();
    for (let start = 0; start < 6; start += 1) {
      const worker = house.launcher.worker(0);
      worker.facts.next({ type: 'process.spawned' });
      worker.facts.next({ type: 'handshake.failed', reason: 'worker_incompatible: …', incompatible: '0.44.0' });
      worker.exit(0);
      house.clock.advance(5_000);
    }
    expect([code(waiting), code(house.open())]).toEqual(['worker_incompatible', 'worker_incompatible']);
    const strange = { ready: false, readiness: 'handshake_failed', live: true, liveness: 'worker_restarting' };
    expect(house.node.health()).toMatchObject({ ...strange, workers: [{ state: 'open' }] });
    // One that is put in its place heals all of it.
    const started = house.launcher.channels.length;
    while (house.launcher.channels.length === started) house.clock.advance(1_000);
    house.launcher.worker(0).rise();
    expect(house.node.health()).toMatchObject({ ready: true, live: true, liveness: 'worker_running' });
    house.launcher.worker(0).exit();
    expect(house.node.health().readiness).not.toBe('handshake_failed');
  });
});
