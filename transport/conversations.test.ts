/** Turns of one worker that answers, refuses, is overloaded, stays silent or ends at any moment. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { r1, r2, ScriptedWorker as Bench, someTurn as turn } from '../testkit/scripted-worker.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import type { Members } from './json.ts';

const errors = {
  refusal: { code: -32600, message: 'no' },
  overload: { code: -32001, message: 'Server overloaded; retry later.' },
};

/** The process, which names the threads that it starts T0, T1 and so on. */
class Script {
  readonly bench: Bench;
  readonly threads: string[] = [];
  readonly #answered = new Set<unknown>();

  constructor(bench: Bench) {
    this.bench = bench;
  }

  get unanswered(): readonly Members[] {
    return this.bench.sent.filter(({ id, method }) => method !== undefined && !this.#answered.has(id));
  }

  /** What was asked about that thread, in its order. */
  asked(threadId: string): readonly unknown[] {
    const about = (params: unknown): unknown => (params as { readonly threadId?: string }).threadId;
    return this.bench.sent.filter(({ params }) => about(params) === threadId).map(({ method }) => method);
  }

  answer({ id, method, params }: Members, how: 'result' | keyof typeof errors, closes: boolean): void {
    this.#answered.add(id);
    if (how !== 'result') return this.bench.say({ error: errors[how], id });
    if (method === 'thread/start') {
      const thread = { id: `T${this.threads.length}` };
      this.threads.push(thread.id);
      return this.bench.say({ id, result: { thread } });
    }
    const { threadId } = params as { readonly threadId: string };
    if (method !== 'thread/unsubscribe') return this.bench.say({ id, result: { turn: { id: `U${threadId}` } } });
    this.bench.say({ id, result: { status: 'unsubscribed' } });
    if (closes) this.tell(threadId, 'thread/closed', {});
  }

  tell(threadId: string, method: string, params: object): void {
    this.bench.say({ method, params: { threadId, ...params } });
  }

  speak(threadId: string, word: number): void {
    const turnId = `U${threadId}`;
    if (word === 0) this.tell(threadId, 'turn/started', { turn: { id: turnId } });
    else if (word === 1) this.tell(threadId, 'item/agentMessage/delta', { turnId, itemId: 'msg', delta: 'a' });
    else this.tell(threadId, 'turn/completed', { turn: { id: turnId, status: 'completed', error: null } });
  }
}

const how = fc.constantFrom('result' as const, 'result' as const, 'refusal' as const, 'overload' as const);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(), how, closes: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('speak' as const), thread: fc.nat(2), word: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), thread: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 10_001) }) },
);
const places = fc.constantFrom([1, 1_024], [2, 2], [64, 1_024]);
const end = fc.constantFrom('process', 'answers', 'silence');
const isOver = (type: string): boolean => type === 'turn.refused' || type === 'turn.ended';

test('a turn is accepted, ends and closes once at the most, whatever is answered, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), places, end, async (steps, [inFlight, queued], ending) => {
      const limits = { ...transportLimits, requestsInFlightMax: inFlight ?? 0, requestsQueuedMax: queued ?? 0 };
      const bench = new Bench({ limits });
      const script = new Script(bench);
      let isStopped = false;
      const stop = async (): Promise<void> => {
        if (isStopped) return;
        isStopped = true;
        await bench.stop();
      };
      bench.channel.send({ type: 'turn.start', response: r1, turn });
      for (const one of steps) {
        const thread = 'thread' in one ? script.threads[one.thread] : undefined;
        if (one.do === 'answer') {
          const request = script.unanswered[one.which % Math.max(1, script.unanswered.length)];
          if (request !== undefined) script.answer(request, one.how, one.closes);
        } else if (one.do === 'wait') bench.clock.advance(one.ms);
        else if (one.do === 'stop') await stop();
        else if (thread !== undefined && one.do === 'speak') script.speak(thread, one.word);
        else if (thread !== undefined) script.tell(thread, 'thread/closed', {});
        await Promise.resolve();
        // As the runtime does it.
        if (bench.types().some(isOver)) await stop();
      }
      for (const threadId of script.threads) {
        const [first, ...others] = script.asked(threadId);
        if (others.includes('turn/start')) expect(first).toBe('thread/inject_items');
      }
      if (ending === 'process') {
        bench.process.exited({ code: 0, signal: null, reason: 'exit code 0' });
        expect([bench.clock.pending, bench.facts.at(-1)?.type]).toEqual([0, 'process.exited']);
        return;
      }
      await stop();
      for (let round = 0; round < 8; round += 1) {
        if (ending === 'answers') for (const request of script.unanswered) script.answer(request, 'result', true);
        bench.clock.advance(12_000);
        await Promise.resolve();
      }
      const types = bench.types();
      const isWorn = bench.facts.some(({ type }) => type === 'wear.observed');
      for (const is of [isOver, (type: string) => type === 'turn.accepted', (type: string) => type === 'turn.closed'])
        expect(types.filter(is).length).toBeLessThanOrEqual(1);
      if (!isWorn) expect(types.at(-1)).toBe('turn.closed');
      expect(bench.clock.pending).toBe(0);
      const { length } = bench.sent;
      bench.channel.send({ type: 'turn.start', response: r2, turn });
      expect(bench.methods.slice(length)).toEqual(['thread/start']);
    }),
    { numRuns: 300 },
  );
});
