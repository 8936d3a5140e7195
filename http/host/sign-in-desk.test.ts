import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../actors/seams.ts';
import type { LoginState, SignIn } from '../../actors/service.ts';
import { type HostNode, hostOf } from '../../testkit/host-nodes.ts';
import { arrived } from '../../testkit/link-pair.ts';
import { HostDesk } from './host-desk.ts';
import { limits } from '../limits.ts';
import { LinkedHost } from './linked-host.ts';
import { SharedSignIn } from './shared-sign-in.ts';

/** A node whose account is what the test says: it starts an attempt where it may, as the desk of a node does. */
class Account {
  state: LoginState = 'signed_out';
  attempts = 0;
  told = 0;
  readonly shared: SharedSignIn;
  readonly #name: string;

  constructor({ peer }: HostNode, clock: Clock, name: string) {
    this.#name = name;
    this.shared = new SharedSignIn(peer, clock);
    this.shared.serves({
      health: () => ({ login: this.state }),
      signIn: () => this.#signIn(),
    });
    this.shared.onSignedIn(() => {
      this.told += 1;
    });
  }

  async #signIn(): Promise<SignIn> {
    if (this.state === 'signed_in') return { state: 'signedIn' };
    if (this.state === 'signed_out' && this.shared.held()) {
      this.state = 'pending';
      this.attempts += 1;
    }
    await Promise.resolve();
    const offer = this.state === 'pending' ? { url: 'https://example.test', code: this.#name, loginId: 'L' } : null;
    return { state: 'signedOut', offer };
  }
}

const accounts = (count: number) => {
  const host = hostOf({ HostDesk, LinkedHost }, count);
  return { ...host, all: host.nodes.map((node, number) => new Account(node, host.clock, `code ${number}`)) };
};
const codeOf = (state: SignIn): string | null => (state.state === 'signedOut' ? (state.offer?.code ?? null) : null);

test('one attempt for all nodes, whose offer each of them tells; who was signed in is told to the others', async () => {
  const { all } = accounts(3);
  const first = codeOf(await all[1]!.shared.signIn());
  const codes = await Promise.all(all.map(async ({ shared }) => codeOf(await shared.signIn())));
  expect([first, ...codes]).toEqual(Array.from({ length: 4 }, () => 'code 1'));
  expect(all.map(({ attempts }) => attempts)).toEqual([0, 1, 0]);
  all[1]!.state = 'signed_in';
  all[1]!.shared.signedIn();
  await arrived();
  expect(all.map(({ told }) => told)).toEqual([1, 0, 1]);
  expect(await all[1]!.shared.signIn()).toEqual({ state: 'signedIn' });
});

test('who was refused while others think that they are signed in makes an attempt of its own', async () => {
  const { all } = accounts(2);
  await all[0]!.shared.signIn();
  all[0]!.state = 'signed_in';
  expect(codeOf(await all[1]!.shared.signIn())).toBe('code 1');
  expect(all[0]!.shared.held()).toBe(false);
});

test('with the death of who held it, the next one has it', async () => {
  const { all, nodes } = accounts(2);
  await all[0]!.shared.signIn();
  nodes[0]!.kill();
  await arrived();
  expect(codeOf(await all[1]!.shared.signIn())).toBe('code 1');
});

test('without a parent nobody makes an attempt, and whoever asks is answered', async () => {
  const { all, nodes } = accounts(1);
  nodes[0]!.kill();
  await arrived();
  expect(await all[0]!.shared.signIn()).toEqual({ state: 'signedOut', offer: null });
});

test('nobody waits longer than where there is one process, whoever is silent; what was begun goes on', async () => {
  const { clock, all } = accounts(2);
  expect(codeOf(await all[0]!.shared.signIn())).toBe('code 0');
  const hearing = Promise.withResolvers<SignIn>();
  all[0]!.shared.serves({ health: () => ({ login: 'pending' }), signIn: () => hearing.promise });
  const [one, next] = [all[1]!.shared.signIn(), all[1]!.shared.signIn()];
  await arrived();
  clock.advance(limits.signInWaitMs);
  expect(await one).toEqual({ state: 'signedOut', offer: null });
  await next;
  const offer = { url: 'https://example.test', code: 'late', loginId: 'L' };
  hearing.resolve({ state: 'signedOut', offer });
  expect(codeOf(await all[1]!.shared.signIn())).toBe('late');
  expect([all[1]!.attempts, clock.pending]).toEqual([0, 0]);
});

test('never two attempts are open, however nodes ask, sign in, give up and die', async () => {
  const step = fc.record({
    type: fc.constantFrom('ask', 'ask', 'ask', 'arrive', 'signIn', 'giveUp', 'signOut', 'die' as const),
    which: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, all, nodes, rise } = accounts(3);
      const asked: Promise<unknown>[] = [];
      const open = (): number => all.filter(({ state }) => state === 'pending').length;
      for (const { type, which } of steps) {
        const one = all[which]!;
        if (type === 'ask') asked.push(one.shared.signIn().then(() => expect(open()).toBeLessThanOrEqual(1)));
        else if (type === 'arrive') await arrived();
        else if (type === 'signIn' && one.state === 'pending') one.state = 'signed_in';
        else if (type === 'giveUp' && one.state === 'pending') one.state = 'signed_out';
        else if (type === 'signOut' && one.state === 'signed_in') one.state = 'signed_out';
        else if (type === 'die') {
          nodes[which]!.kill();
          one.state = 'unknown';
          await arrived();
          nodes[which] = rise(which);
          all[which] = new Account(nodes[which], clock, `code ${which}`);
        }
        expect(open()).toBeLessThanOrEqual(1);
      }
      await Promise.all(asked);
      for (const { shared } of all) await shared.signIn();
      expect(open()).toBeLessThanOrEqual(1);
    }),
    { numRuns: 80 },
  );
});
