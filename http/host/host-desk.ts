/**
 * The parent's side of all that is one per host. Invariant: with a node goes all that it had: its places among the open streams, the
 * sign-in, its part of the numbers that only describe the moment; what was counted and spent stays.
 */

import type { Clock } from '../../actors/seams.ts';
import type { Peer } from '../../actors/link.ts';
import type { SeriesNow } from '../metrics/book.ts';
import { HostPage } from '../metrics/host-page.ts';
import { seriesRead } from '../metrics/series-sent.ts';
import type { RateLimiter } from '../rate-limit.ts';
import type { UsageBook } from '../usage-book.ts';
import { mergedBuffers } from './buffers.ts';
import { conditionRead, conditionSent, merged } from './conditions.ts';
import { FileDesk, type FileSpec, type LineFile } from './file-desk.ts';
import { GateDesk } from './gate-desk.ts';
import type { Condition } from './host.ts';
import { NodeSet } from './node-set.ts';
import { SharedAsk } from './shared-ask.ts';
import { SignInDesk } from './sign-in-desk.ts';
import { HostUsage } from './usage-desk.ts';
import { hostWords, memberWords } from './words.ts';

export interface HostDeskOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Nodes of the host. */
  readonly configured: number;
  /** Null: everybody may ask as often as they like. */
  readonly limiter: RateLimiter | null;
  /** 0: no limit. */
  readonly streamsMax: number;
  readonly book: Pick<UsageBook, 'add' | 'ask' | 'latest'>;
  /** Of the usage file. */
  readonly append: (line: string) => void;
  readonly open: (file: FileSpec) => LineFile;
  /** Of the parent itself; `exits`: nodes that have ended while the host went on. */
  readonly series: () => Promise<readonly SeriesNow[]>;
  readonly leaving: () => boolean;
  readonly pid: number;
}

export class HostDesk {
  readonly #options: HostDeskOptions;
  readonly #nodes: NodeSet;
  readonly #gates: GateDesk;
  readonly #usage: HostUsage;
  readonly #files: FileDesk;
  readonly #signIn: SignInDesk;
  readonly #page = new HostPage();
  readonly #sync: SharedAsk<unknown>;
  readonly #condition: SharedAsk<Condition>;
  readonly #metrics: SharedAsk<string>;
  readonly #buffer: SharedAsk<ReadonlyMap<number, unknown>>;
  readonly #since: number;

  constructor(options: HostDeskOptions) {
    const { configured, limiter, streamsMax, book, append, open, clock } = options;
    this.#options = options;
    this.#since = clock.now();
    this.#nodes = new NodeSet(configured);
    this.#gates = new GateDesk(limiter, streamsMax);
    this.#sync = new SharedAsk(() => this.#nodes.askAll(memberWords.sync));
    this.#condition = new SharedAsk(() => this.#askCondition());
    this.#metrics = new SharedAsk(() => this.#askMetrics());
    this.#buffer = new SharedAsk(() => this.#nodes.askAll(memberWords.buffer));
    this.#usage = new HostUsage({ book, append, sync: this.#sync.ask });
    this.#files = new FileDesk(open);
    this.#signIn = new SignInDesk(this.#nodes);
  }

  /** A node is up. The returned function says that it is no more; calling it twice is harmless. */
  rose(node: number, peer: Peer): () => void {
    if (this.#nodes.peer(node) !== undefined) this.#fell(node);
    this.#nodes.rose(node, peer);
    this.#gates.rose(node, peer);
    this.#usage.rose(peer);
    this.#files.rose(peer);
    this.#signIn.rose(node, peer);
    peer.answer(hostWords.streams, async () => {
      await this.#sync.ask();
      return this.#gates.open;
    });
    peer.answer(hostWords.condition, async () => conditionSent(await this.#condition.ask()));
    peer.answer(hostWords.metrics, () => this.#metrics.ask());
    peer.answer(hostWords.lastMetrics, (told) => {
      if (this.#nodes.peer(node) === peer) this.#page.told(node, seriesRead(told));
    });
    peer.answer(hostWords.buffer, async () => mergedBuffers([...(await this.#buffer.ask()).values()]));
    peer.answer(hostWords.bufferReset, async () => {
      await this.#nodes.askAll(memberWords.bufferReset);
      return true;
    });
    return () => {
      if (this.#nodes.peer(node) === peer) this.#fell(node);
    };
  }

  /** To be called now and then: so much is not lost of what a node has counted that is killed. Never rejects. */
  async gather(): Promise<void> {
    await this.#told();
  }

  /** Before the parent ends. */
  settled(): Promise<void> {
    return this.#files.settled();
  }

  #fell(node: number): void {
    this.#nodes.fell(node);
    this.#gates.fell(node);
    this.#signIn.fell(node);
    this.#page.fell(node);
  }

  async #askCondition(): Promise<Condition> {
    const { configured, pid, leaving } = this.#options;
    const found = new Map<number, Condition>();
    for (const [node, told] of await this.#nodes.askAll(memberWords.condition)) {
      const read = conditionRead(told);
      if (read !== null) found.set(node, read);
    }
    return merged(found, { configured, pid, leaving: leaving(), since: this.#since });
  }

  async #askMetrics(): Promise<string> {
    return this.#page.page(await this.#told(), await this.#options.series());
  }

  /** Those who have said how far they have counted. */
  async #told(): Promise<ReadonlySet<number>> {
    const told = await this.#nodes.askAll(memberWords.metrics);
    for (const [node, series] of told) this.#page.told(node, seriesRead(series));
    return new Set(told.keys());
  }
}
