/**
 * The whole node on fakes, under random words of its workers, clients that come and go, processes that die, and time. What
 * must hold whatever happens: every response ends once, in order, with its own text; every slot comes back.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { House, poolLimits } from '../testkit/house.ts';
import type { FakeChannel } from '../testkit/fake-launcher.ts';
import type { ResponseHandle } from './service.ts';
import type { TurnEvent } from './turn.ts';

type Deed =
  | {
      readonly do: 'open' | 'leave' | 'finish' | 'fail' | 'close' | 'retry' | 'sample' | 'call' | 'refuse';
      readonly who: number;
    }
  | { readonly do: 'say'; readonly who: number; readonly many: number }
  | { readonly do: 'exit' | 'rise' | 'tire' | 'stale'; readonly who: number }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.nat({ max: 30 });
const deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), who }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('say' as const), who, many: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'leave',
          'finish',
          'fail',
          'close',
          'retry',
          'sample',
          'call',
          'refuse',
        ) as fc.Arbitrary<'finish'>,
        who,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('exit', 'rise', 'rise', 'tire', 'stale') as fc.Arbitrary<'rise'>,
        who,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 1_100, 6_000, 61_000) }),
    },
  ),
  { maxLength: 60 },
);

interface Guest {
  readonly handle: ResponseHandle;
  readonly leave: () => void;
  /** What this response's worker was made to say, as far as the log may have it. */
  said: string;
  /** A worker has accepted its turn: words of it were heard. */
  accepted: boolean;
  /** The worker that had no room for it. */
  refusedBy: FakeChannel | null;
  /** Entries each time the reader was told. */
  readonly told: number[];
}

class Evening {
  readonly house = new House({ workers: 2, pool: { ...poolLimits, turnsPerWorkerMax: 3, queueMax: 3 } });
  readonly guests: Guest[] = [];
  readonly #risen = new Set<object>();
  readonly #gone = new Set<object>();

  play(deed: Deed): void {
    const { house, guests } = this;
    if (deed.do === 'wait') return house.clock.advance(deed.ms);
    if (deed.do === 'open') return this.#open();
    if (deed.do === 'exit' || deed.do === 'rise' || deed.do === 'tire' || deed.do === 'stale')
      return this.#process(deed.do, deed.who);
    const guest = guests[deed.who % Math.max(1, guests.length)];
    if (guest === undefined) return;
    if (deed.do === 'leave') return guest.leave();
    this.#say(guest, this.#words(deed, guest));
  }

  #open(): void {
    const handle = this.house.open();
    const told: number[] = [];
    const guest: Guest = {
      handle,
      said: '',
      accepted: false,
      refusedBy: null,
      told,
      leave: handle.read(() => told.push(handle.log.length)),
    };
    this.guests.push(guest);
  }

  #process(what: 'exit' | 'rise' | 'tire' | 'stale', index: number, which?: FakeChannel): void {
    const { channels } = this.house.launcher;
    const channel = which ?? channels[(channels.length - 1 - (index % 2) + channels.length) % channels.length];
    if (channel === undefined) return;
    if (what === 'rise' && !this.#risen.has(channel)) {
      this.#risen.add(channel);
      channel.rise();
    } else if (what === 'exit') {
      const served = this.guests.filter(({ handle }) => this.#server(handle) === channel);
      const again = served.filter(({ accepted, handle }) => !accepted && this.begun(handle) === 1);
      this.#gone.add(channel);
      channel.exit();
      // Whoever was served by that process knows at once, or has another chance.
      expect(served.every((guest) => guest.handle.log.ending !== null || again.includes(guest))).toBe(true);
    }
    if (what === 'tire') channel.facts.next({ type: 'wear.observed', reason: 'test' });
    // Told again of a process that is long gone, or for the first time.
    else if (what === 'stale' && channels[0] !== undefined) this.#process('exit', 0, channels[0]);
  }

  /** The process that has its turn, or had it last. */
  #server({ id }: ResponseHandle): FakeChannel | undefined {
    return this.house.launcher.channels.findLast(({ turns }) => turns.includes(id));
  }

  begun({ id }: ResponseHandle): number {
    return this.house.launcher.channels.flatMap(({ turns }) => turns.filter((one) => one === id)).length;
  }

  #words(deed: Deed, guest: Guest): readonly TurnEvent[] {
    const item = `m${guest.handle.id}`;
    switch (deed.do) {
      case 'say':
        return Array.from({ length: deed.many }, (_, index) => ({
          type: 'text.delta',
          item,
          delta: `<${guest.handle.id}:${guest.said.length}:${index}>`,
        }));
      case 'finish':
        return [{ type: 'turn.ended', outcome: { type: 'completed' } }];
      case 'fail':
        return [{ type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } }];
      case 'sample':
        return [{ type: 'sampling.completed', usage: null }];
      case 'call':
        return [{ type: 'call.requested', item: 'c', kind: 'function_call', callId: 'k', name: 'f', arguments: '{}' }];
      case 'retry':
        return [{ type: 'upstream.retried' }];
      case 'refuse':
        return guest.accepted ? [] : [{ type: 'turn.refused', failure: { code: 'worker_busy' } }];
      default:
        return [];
    }
  }

  #say(guest: Guest, words: readonly TurnEvent[]): void {
    const channel = this.#server(guest.handle);
    if (channel === undefined) return;
    // A turn closes only when it was told to stop, as the channel promises.
    const stopped = channel.sent.some(
      (command) => command.type === 'turn.stop' && command.response === guest.handle.id,
    );
    if (words.length === 0) {
      if (stopped) channel.say(guest.handle.id, { type: 'turn.closed' });
      return;
    }
    // Of a turn that was refused nothing more is heard, and nothing of a process that is gone.
    if (guest.refusedBy === channel || this.#gone.has(channel)) return;
    if (words.some(({ type }) => type === 'turn.refused')) guest.refusedBy = channel;
    else guest.accepted = true;
    for (const word of words) if (word.type === 'text.delta') guest.said += word.delta;
    channel.say(guest.handle.id, ...words);
  }
}

test('every response ends once, with its own words and no others, and every slot comes back', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async (script) => {
      const evening = new Evening();
      const { house, guests } = evening;
      for (const deed of script) {
        evening.play(deed);
        // Only one that has a worker is on its way.
        const turns = house.node.health().workers.reduce((sum, { activeTurns }) => sum + activeTurns, 0);
        expect(house.node.starts.waiting).toBeLessThanOrEqual(turns);
      }
      // Time alone brings everything to an end: no more words, no more processes.
      house.clock.advance(400_000);
      const drained = house.node.drain();
      house.clock.advance(60_000);
      await drained;
      expect(house.bugs).toEqual([]);
      for (const { handle, said, told } of guests) {
        expect(handle.log.ending).not.toBeNull();
        expect(evening.begun(handle)).toBeLessThanOrEqual(2);
        const text = handle.log.items
          .flatMap((item) => (item.kind === 'message' ? item.parts : []))
          .map((part) => handle.log.escapedText(part));
        expect(said.startsWith(text.join(''))).toBe(true);
        // Readers only ever see the log grow, and the last time they are told it is complete.
        expect(told).toEqual(told.toSorted((a, b) => a - b));
        expect(new Set(handle.log.items.map((item) => item.id)).size).toBe(handle.log.items.length);
      }
      expect(house.node.health().workers.map((worker) => worker.activeTurns)).toEqual([0, 0]);
      expect(house.node.health().queued).toBe(0);
      expect(house.node.starts.waiting).toBe(0);
    }),
    { numRuns: 300 },
  );
});
