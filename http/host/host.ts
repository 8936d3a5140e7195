/**
 * What is one per host, however many nodes serve its port: who may ask how often, how many answers are streamed, how the gateway
 * fares, its metrics. Of one process `local-host.ts` has it all; a node among several asks its parent (`linked-host.ts`). Invariant:
 * whichever node is asked says the same. Whatever needs the parent while it cannot be reached rejects with `HostUnreachable`: nobody
 * is let in unseen.
 */

import type { Health } from '../../actors/service.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Front } from '../front.ts';
import type { MetricFacts } from '../metrics/fact-series.ts';
import type { Soon } from '../soon.ts';
import type { Entry } from '../stream-guard.ts';

/** How one node fares, or all of them together. */
export interface Condition {
  readonly health: Health;
  /** It is about to stop, so nobody should be sent to it. */
  readonly leaving: boolean;
  /** `model/list` entries. */
  readonly models: readonly JsonObject[];
  /** What should not happen and did, by name. */
  readonly anomalies: Readonly<Record<string, number>>;
  /** Null: there is one process. */
  readonly nodes: NodeCounts | null;
  /** Of the process that an operator would signal. */
  readonly pid: number;
}

export interface NodeCounts {
  readonly configured: number;
  /** Those that have answered. */
  readonly up: number;
}

/** What a node tells of itself, whoever asks. */
export interface NodeView {
  condition(): Condition;
  metricFacts(): MetricFacts;
}

export interface Host {
  /** Null: go on. Otherwise the time until this caller may ask again. */
  take(caller: string): Soon<number | null>;
  enter(): Soon<Entry>;
  /** Answers that are streamed by this node now. */
  readonly streams: number;
  /** By all nodes. */
  streamsOpen(): Soon<number>;
  condition(): Soon<Condition>;
  metricsPage(): Promise<string>;
  /** Text that was held back while it might have been a tool call. */
  toolBuffer(): Soon<JsonObject>;
  resetToolBuffer(): Soon<void>;
}

export type HostMaker = (front: Pick<Front, 'clock' | 'hooks' | 'metrics' | 'settings'>, node: NodeView) => Host;

/** The parent did not answer in time, or is gone; then this node ends soon, too. */
export class HostUnreachable extends Error {
  constructor(reason: string) {
    super(`the parent of this node does not answer: ${reason}`);
    this.name = 'HostUnreachable';
  }
}
