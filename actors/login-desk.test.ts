import { describe, expect, test } from 'vitest';
import { House, nodeLimits } from '../testkit/house.ts';
import { gone } from '../testkit/words.ts';
import type { TurnEvent } from './turn.ts';

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

  test('P-193 the state of the sign-in is part of the health', () => {
    const house = new House().rise();
    const worker = house.launcher.worker(0);
    const states = [house.node.health().login];
    const after = (happen: () => unknown): void => {
      happen();
      states.push(house.node.health().login);
    };
    after(() => worker.facts.next({ type: 'account.observed', signedIn: false }));
    after(() => house.node.signIn());
    after(() => worker.facts.next({ type: 'login.offered', offer }));
    after(() => worker.facts.next({ type: 'login.completed', loginId: 'L1', success: true }));
    expect(states).toEqual(['unknown', 'signed_out', 'pending', 'pending', 'signed_in']);
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

  test('a worker with stale credentials is replaced; the one whose word counts is asked again', async () => {
    const house = new House({ workers: 2 }).rise();
    const [first, second] = [house.launcher.worker(0), house.launcher.worker(1)];
    first.facts.next({ type: 'account.observed', signedIn: true });
    const [a, b] = [house.open(), house.open()];
    const refused: TurnEvent = { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'signed_out' } } };
    second.say(b.id, refused, gone);
    expect(second.has('ask')).toBe(true);
    expect(first.has('account.read')).toBe(false);
    first.say(a.id, refused, gone);
    expect(first.has('account.read')).toBe(true);
    // Whoever asks now waits for what that worker finds out.
    const asked = house.node.signIn();
    first.facts.next({ type: 'account.observed', signedIn: false });
    first.facts.next({ type: 'login.offered', offer });
    expect(await asked).toEqual({ state: 'signedOut', offer });
  });

  test('a code is asked for where a worker is in service', async () => {
    const house = new House({ workers: 2 }).rise();
    house.launcher.worker(1).facts.next({ type: 'account.observed', signedIn: false });
    house.launcher.worker(0).exit();
    house.clock.advance(500);
    const asked = house.node.signIn();
    expect(house.launcher.worker(0).has('login.start')).toBe(false);
    expect(house.launcher.worker(1).has('login.start')).toBe(true);
    house.launcher.worker(1).facts.next({ type: 'login.offered', offer });
    expect(await asked).toEqual({ state: 'signedOut', offer });
  });

  describe('credentials that somebody else has put there', () => {
    const housed = (workers: number) => {
      const changes: true[] = [];
      const credentials = { renewed: () => changes.pop() === true };
      const house = new House({ workers }, undefined, { credentials }).rise();
      house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: false });
      return { house, changes };
    };
    const restart = (house: House): void => {
      house.launcher.worker(0).exit(0);
      house.launcher.worker(0).rise();
    };

    test('are seen by a worker that is replaced for it; who asks waits for its word, and the others follow', async () => {
      const { house, changes } = housed(2);
      const second = house.launcher.worker(1);
      changes.push(true);
      const asked = [house.node.signIn(), house.node.signIn()];
      expect(house.launcher.worker(0).has('ask')).toBe(true);
      expect(second.has('ask')).toBe(false);
      restart(house);
      house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: true });
      expect(await Promise.all(asked)).toEqual([{ state: 'signedIn' }, { state: 'signedIn' }]);
      expect(second.has('ask')).toBe(true);
      const { workers } = house.node.health();
      expect(workers.map(({ consecutiveFailures, restartsTotal }) => [consecutiveFailures, restartsTotal])).toEqual([
        [0, 0],
        [0, 0],
      ]);
    });

    test('are no better than none when they are not good: a login is offered as ever', async () => {
      const { house, changes } = housed(1);
      changes.push(true);
      const asked = house.node.signIn();
      restart(house);
      expect(house.launcher.worker(0).has('login.start')).toBe(false);
      house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: false });
      house.launcher.worker(0).facts.next({ type: 'login.offered', offer });
      expect(await asked).toEqual({ state: 'signedOut', offer });
    });

    test('replace an offer that is open', async () => {
      const { house, changes } = housed(1);
      const offered = house.node.signIn();
      house.launcher.worker(0).facts.next({ type: 'login.offered', offer });
      expect(await offered).toEqual({ state: 'signedOut', offer });
      changes.push(true);
      const asked = house.node.signIn();
      restart(house);
      house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: true });
      expect(await asked).toEqual({ state: 'signedIn' });
    });

    test('replace no worker at each request, however often they change', async () => {
      const { house, changes } = housed(1);
      changes.push(true, true);
      const asked = house.node.signIn();
      restart(house);
      house.launcher.worker(0).facts.next({ type: 'account.observed', signedIn: false });
      house.launcher.worker(0).facts.next({ type: 'login.failed', reason: 'no network' });
      expect(await asked).toEqual({ state: 'signedOut', offer: null });
      const again = house.node.signIn();
      expect(house.launcher.channels).toHaveLength(2);
      house.launcher.worker(0).facts.next({ type: 'login.failed', reason: 'no network' });
      expect(await again).toEqual({ state: 'signedOut', offer: null });
      house.clock.advance(5_000);
      const later = house.node.signIn();
      expect(house.launcher.worker(0).has('ask')).toBe(true);
      // Nor does anybody wait for ever for a worker that does not come.
      house.clock.advance(5_000);
      expect(await later).toEqual({ state: 'signedOut', offer: null });
    });
  });
});
