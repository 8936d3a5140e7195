/** Several nodes and their parent in one process: the real ends of what is one per host, on links in memory. */

import type { Clock } from '../actors/seams.ts';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import type { FileSpec } from '../http/host/file-desk.ts';
import type { Condition, Host } from '../http/host/host.ts';
import type { HostDesk, HostDeskOptions } from '../http/host/host-desk.ts';
import type { LinkedHost, LinkedHostOptions } from '../http/host/linked-host.ts';
import type { SeriesNow } from '../http/metrics/book.ts';
import { LinkPeer } from '../transport/peer.ts';
import { Turns } from '../transport/turns.ts';
import { readyHealth } from './fake-service.ts';
import { testSettings } from './front-end.ts';
import { linkedHost } from './link-pair.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface HostNode {
  readonly host: Host;
  readonly linked: LinkedHost;
  readonly peer: LinkPeer;
  readonly toolBuffer: ToolBufferCounts;
  /** What it says of itself; a test may change it. */
  condition: Condition;
  series: readonly SeriesNow[];
  kill(): void;
}

export interface HostParts {
  readonly HostDesk: typeof HostDesk;
  readonly LinkedHost: new (options: LinkedHostOptions) => LinkedHost;
}

type Chosen = Partial<Omit<HostDeskOptions, 'configured' | 'clock'>>;

export const hostOf = (parts: HostParts, count: number, chosen: (clock: Clock) => Chosen = () => ({})) => {
  const clock = new VirtualClock();
  const wires = linkedHost(0);
  const written: string[] = [];
  const files = new Map<string, string[]>();
  const open = ({ name }: FileSpec) => {
    const lines: string[] = [];
    files.set(name, lines);
    return { append: (line: string) => void lines.push(line), settled: () => Promise.resolve(), unwritable: null };
  };
  const desk = new parts.HostDesk({
    clock,
    configured: count,
    limiter: null,
    streamsMax: 0,
    book: { add: () => {}, ask: () => ({ sum: {} as never, buckets: [] }), latest: () => [] },
    append: (line) => written.push(line),
    open,
    series: () => Promise.resolve([]),
    leaving: () => false,
    pid: 1,
    ...chosen(clock),
  });
  const rise = (number: number): HostNode => {
    const { atParent, links, pipes } = wires.start(number);
    const fell = desk.rose(number, new LinkPeer({ link: atParent, clock }));
    atParent.onClosed(fell);
    const peer = new LinkPeer({ link: links.parent, clock });
    const toolBuffer = new ToolBufferCounts(() => clock.now());
    const node: Partial<HostNode> & Pick<HostNode, 'condition' | 'series'> = {
      condition: { health: readyHealth, leaving: false, models: [], anomalies: {}, nodes: null, pid: 7 },
      series: [],
    };
    const linked = new parts.LinkedHost({ peer, configured: count, turns: new Turns(2, 2) });
    const settings = { ...testSettings, rateLimit: { max: 1, windowMs: 1 } };
    const metrics = { page: () => Promise.resolve(''), now: () => Promise.resolve(node.series) };
    const release = () => Promise.resolve(null);
    const host = linked.join(
      { clock, settings, hooks: { release, toolBuffer }, metrics },
      { condition: () => node.condition, metricFacts: () => ({}) as never },
    );
    return Object.assign(node, { host, linked, peer, toolBuffer, kill: () => pipes.forEach((pipe) => pipe.destroy()) });
  };
  return { clock, desk, rise, nodes: Array.from({ length: count }, (_, number) => rise(number)), written, files };
};
