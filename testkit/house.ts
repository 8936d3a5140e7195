/** A whole node on fakes, under a virtual clock: what tests of the runtime start from. */

import type { Echo } from '../actors/head.ts';
import { Node, type NodeOptions } from '../actors/node.ts';
import type { NodeLimits } from '../actors/node-limits.ts';
import type { Clock, Ids, Journal } from '../actors/seams.ts';
import type { ResponseHandle, ResponseRequest } from '../actors/service.ts';
import type { Store } from '../actors/store.ts';
import { noTerms } from '../actors/terms.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { PoolLimits } from '../machines/pool.ts';
import type { StreamLimits } from '../machines/stream-setup.ts';
import { FakeLauncher } from './fake-launcher.ts';
import { defaultEcho } from './log-examples.ts';
import { VirtualClock } from './virtual-clock.ts';

export const echo: Echo = { ...defaultEcho, store: false };

export const poolLimits: PoolLimits = {
  turnsPerWorkerMax: 2,
  queueMax: 2,
  wornLeasesMax: 3,
  backoffInitialMs: 500,
  backoffMaxMs: 5_000,
  restartMax: 3,
  restartWindowMs: 600_000,
  settledMs: 10_000,
  drainMs: 30_000,
  cutMs: 5_000,
  stopMs: 10_000,
};

export const streamLimits: StreamLimits = {
  queueMs: 30_000,
  headMs: 1_000,
  firstEventMs: 60_000,
  idleMs: 60_000,
  graceMs: 5_000,
  totalMs: 300_000,
  interruptMs: 2_000,
  closeMs: 5_000,
};

export const nodeLimits: NodeLimits = {
  workers: 1,
  pool: poolLimits,
  worker: { startupMs: 8_000, handshakeMs: 15_000, graceMs: 5_000, killMs: 2_000 },
  login: { offerMs: 5_000, pendingMs: 600_000 },
  live: streamLimits,
  whole: streamLimits,
  responseBytesMax: 1_000_000,
  curtailMs: null,
  lettersMax: 10_000,
};

export const silent: Journal = { info: () => undefined, warn: () => undefined };

/** Ids that count: `resp_000000000000000000000001`, … */
export const countingIds = (): Ids => {
  let count = 0;
  const next = (prefix: string): string => {
    count += 1;
    return `${prefix}${String(count).padStart(24, '0')}`;
  };
  return { response: () => next('resp_') as ResponseId, request: () => next('req_'), jitter: () => 0.5 };
};

export class House {
  readonly clock = new VirtualClock();
  readonly launcher = new FakeLauncher();
  readonly bugs: Error[] = [];
  readonly node: Node;

  constructor(
    limits: Partial<NodeLimits> = {},
    store: (clock: Clock) => Store | null = () => null,
    more: Partial<NodeOptions> = {},
  ) {
    this.node = new Node({
      limits: { ...nodeLimits, ...limits },
      clock: this.clock,
      ids: countingIds(),
      journal: silent,
      launcher: this.launcher,
      store: store(this.clock),
      bug: (error) => this.bugs.push(error),
      ...more,
    });
    this.node.start();
  }

  /** Every worker up. */
  rise(): this {
    for (let index = 0; index < this.launcher.channels.length; index += 1) this.launcher.channels[index]?.rise();
    return this;
  }

  open(request: Partial<ResponseRequest> = {}, named?: (id: ResponseId) => void): ResponseHandle {
    const whole: ResponseRequest = {
      model: 'gpt-5.4',
      echo,
      turn: { model: 'gpt-5.4', items: [] },
      inputName: 'input',
      streaming: true,
      revealEncrypted: false,
      asked: null,
      owner: 'owner',
      terms: noTerms,
      ...request,
    };
    return this.node.open(whole, named);
  }
}
