/**
 * What is one per host, as a node among several has it: it asks its parent. Invariants: a place among the open streams that was asked
 * for comes back, also when the answer came too late; while the parent cannot be reached nobody is let in; however many look at health
 * and numbers at once, what is under way for them is little, and nobody else's question is refused for it.
 */

import type { Peer } from '../../actors/link.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Entry } from '../stream-guard.ts';
import type { SeriesNow } from '../metrics/book.ts';
import type { UsageDesk } from '../usage-route.ts';
import { BatchedAsk } from './batched-ask.ts';
import { abandoned, conditionRead, conditionSent } from './conditions.ts';
import { type Host, type HostMaker, HostUnreachable } from './host.ts';
import { SharedAsk } from './shared-ask.ts';
import { type LinesPart, linesRead, usageRead } from './usage-sent.ts';
import { hostDeadlines, hostWords, memberWords } from './words.ts';

export interface LinkedHostOptions {
  readonly peer: Peer;
  /** Nodes of the host. */
  readonly configured: number;
  readonly turns: UsageTurns;
}

/** Of questions about usage, whose answers are large; rejects when too many wait already. */
export interface UsageTurns {
  run<T>(act: () => Promise<T>): Promise<T>;
}

export class LinkedHost {
  readonly #options: LinkedHostOptions;
  readonly #peer: Peer;
  #lastEntry = 0;
  #streams = 0;
  #series: () => Promise<readonly SeriesNow[]> = () => Promise.resolve([]);
  readonly #takes: BatchedAsk;
  readonly #enters: BatchedAsk;
  readonly #open: SharedAsk<number>;
  readonly #metrics: SharedAsk<string>;
  readonly #buffer: SharedAsk<JsonObject>;

  constructor(options: LinkedHostOptions) {
    this.#options = options;
    this.#peer = options.peer;
    const batch = (kind: string): BatchedAsk =>
      new BatchedAsk((payloads) =>
        this.#ask(kind, payloads, (told) => (Array.isArray(told) && told.length === payloads.length ? told : null)),
      );
    this.#takes = batch(hostWords.take);
    this.#enters = batch(hostWords.enter);
    const shared = <T>(kind: string, read: (told: unknown) => T | null): SharedAsk<T> =>
      new SharedAsk(() => this.#ask(kind, null, read));
    this.#open = shared(hostWords.streams, (told) => (typeof told === 'number' ? told : null));
    this.#metrics = shared(hostWords.metrics, (told) => (typeof told === 'string' ? told : null));
    this.#buffer = shared(hostWords.buffer, objectRead);
    // By the time this is heard, all that was told before was sent.
    this.#peer.answer(memberWords.sync, () => true);
  }

  /** For the server of this node. */
  readonly join: HostMaker = ({ settings, hooks, metrics }, node): Host => {
    const { configured } = this.#options;
    this.#series = async () => (await metrics?.now?.(node.metricFacts())) ?? [];
    this.#peer.answer(memberWords.condition, () => conditionSent(node.condition()));
    this.#peer.answer(memberWords.metrics, () => this.#series());
    this.#peer.answer(memberWords.buffer, () => hooks.toolBuffer.summary());
    this.#peer.answer(memberWords.bufferReset, () => hooks.toolBuffer.reset());
    const streams = (): number => this.#streams;
    const condition = new SharedAsk(() => this.#ask(hostWords.condition, null, conditionRead));
    return {
      take: (caller) => (settings.rateLimit === null ? null : this.#take(caller)),
      enter: () => this.#enter(),
      get streams() {
        return streams();
      },
      streamsOpen: this.#open.ask,
      condition: () => condition.ask().catch(() => abandoned(node.condition(), configured)),
      metricsPage: this.#metrics.ask,
      toolBuffer: this.#buffer.ask,
      resetToolBuffer: async () => {
        await this.#ask(hostWords.bufferReset, null, () => true);
      },
    };
  };

  readonly usage: UsageDesk = {
    book: {
      ask: (start, end, group) => this.#inTurn(() => this.#ask(hostWords.usage, [start, end, group], usageRead)),
      latest: (count) => this.#inTurn(() => this.#latest(count)),
    },
    toolBuffer: () => this.#buffer.ask(),
  };

  /** Before this process ends: its last numbers, and whatever it has told, have arrived. Never rejects. */
  async settled(): Promise<void> {
    try {
      this.#peer.tell(hostWords.lastMetrics, await this.#series());
      await this.#peer.ask(hostWords.streams, null, hostDeadlines.nodeMs);
    } catch {
      // The parent is gone, or in no hurry: it keeps what it heard last.
    }
  }

  async #take(caller: string): Promise<number | null> {
    const told = await this.#takes.ask(caller);
    if (told === null || typeof told === 'number') return told;
    throw new HostUnreachable(notAnswered);
  }

  async #enter(): Promise<Entry> {
    this.#lastEntry += 1;
    const id = this.#lastEntry;
    let isHere = true;
    const leave = (): void => {
      if (isHere) this.#peer.tell(hostWords.left, id);
      isHere = false;
    };
    try {
      const [before, after] = entryRead(await this.#enters.ask(id));
      if (after === before) return { before, after, leave: () => {} };
      this.#streams += 1;
      return {
        before,
        after,
        leave: () => {
          if (isHere) this.#streams -= 1;
          leave();
        },
      };
    } catch (error) {
      // It may be let in yet: the two go the same way, one after the other.
      leave();
      throw error;
    }
  }

  /** The newest come first: the parent says when there are more than go into one answer. */
  async #latest(count: number): Promise<readonly string[]> {
    const parts: (readonly string[])[] = [];
    let [told, since, more]: [number, number | null, boolean] = [0, null, true];
    while (more && told < count) {
      const part: LinesPart = await this.#ask(hostWords.latest, [count, told, since], linesRead);
      parts.unshift(part.lines);
      told += part.lines.length;
      since = part.added;
      more = part.more && part.lines.length > 0;
    }
    return parts.flat();
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await this.#options.turns.run(act);
    } catch (error) {
      throw unreachable(error);
    }
  }

  /** `read` says null to what is no answer. */
  async #ask<T>(kind: string, payload: unknown, read: (told: unknown) => T | null): Promise<T> {
    let told: unknown;
    try {
      told = await this.#peer.ask(kind, payload, hostDeadlines.parentMs);
    } catch (error) {
      throw unreachable(error);
    }
    const found = read(told);
    if (found === null) throw new HostUnreachable(notAnswered);
    return found;
  }
}

const notAnswered = 'what it said is no answer';

const unreachable = (error: unknown): HostUnreachable =>
  error instanceof HostUnreachable
    ? error
    : new HostUnreachable(error instanceof Error ? error.message : String(error));

const objectRead = (told: unknown): JsonObject | null =>
  typeof told === 'object' && told !== null && !Array.isArray(told) ? (told as JsonObject) : null;

const entryRead = (told: unknown): readonly [before: number, after: number] => {
  const [before, after] = Array.isArray(told) ? (told as readonly unknown[]) : [];
  if (typeof before === 'number' && typeof after === 'number') return [before, after];
  throw new HostUnreachable(notAnswered);
};
