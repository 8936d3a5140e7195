import { beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { Host, type HostLimits } from './host.ts';
import type { NodeFact } from './host-seams.ts';

const limits: HostLimits = {
  nodes: 3,
  pool: {
    turnsPerWorkerMax: 1,
    queueMax: 0,
    wornLeasesMax: 1,
    backoffInitialMs: 200,
    backoffMaxMs: 1_000,
    restartMax: 3,
    restartWindowMs: 60_000,
    settledMs: 10_000,
    drainMs: 0,
    cutMs: 0,
    stopMs: 45_000,
  },
  process: { startupMs: 1_000, handshakeMs: 5_000, graceMs: 40_000, killMs: 2_000 },
  lettersMax: 1_000,
};

class FakeNodes {
  /** What was done, such as `launch 0/1`. */
  readonly done: string[] = [];
  readonly tells = new Map<string, (fact: NodeFact) => void>();

  launch(node: number, epoch: number, tell: (fact: NodeFact) => void) {
    const name = `${node}/${epoch}`;
    this.done.push(`launch ${name}`);
    this.tells.set(name, tell);
    return { ask: () => void this.done.push(`ask ${name}`), kill: () => void this.done.push(`kill ${name}`) };
  }

  tell(name: string, ...facts: readonly NodeFact[]): void {
    for (const fact of facts) this.tells.get(name)?.(fact);
  }

  rise(...names: readonly string[]): void {
    for (const name of names) this.tell(name, { type: 'spawned', pid: 100 }, { type: 'listening' });
  }

  exit(name: string, code: number | null = 0, signal: string | null = null): void {
    this.tell(name, { type: 'exited', code, signal, reason: signal ?? `exit code ${code}` });
  }

  /** Since the last look. */
  news(): readonly string[] {
    return this.done.splice(0);
  }
}

let clock: VirtualClock;
let nodes: FakeNodes;
let told: string[];
let opened: number;
let exits: string[];
let bugs: Error[];
let host: Host;

beforeEach(() => {
  clock = new VirtualClock();
  nodes = new FakeNodes();
  [opened, exits, bugs, told] = [0, [], [], []];
  host = new Host({
    limits,
    clock,
    ids: { jitter: () => 1 },
    journal: { info: (event) => told.push(event), warn: (event) => told.push(event) },
    launcher: nodes,
    opened: () => (opened += 1),
    exited: ({ reason }, served) => exits.push(`${reason}${served ? '' : ', nobody has served'}`),
    bug: (error) => bugs.push(error),
  });
  host.start();
});

const allUp = (): void => {
  nodes.rise('0/1', '1/1', '2/1');
  nodes.news();
};
const phases = (): readonly string[] => host.nodes().map(({ phase }) => phase);

describe('a host', () => {
  test('starts its first node, the others when that listens, and is open when all do', () => {
    expect(nodes.news()).toEqual(['launch 0/1']);
    nodes.rise('0/1');
    expect(nodes.news()).toEqual(['launch 1/1', 'launch 2/1']);
    nodes.rise('1/1');
    expect(opened).toBe(0);
    nodes.rise('2/1');
    expect(opened).toBe(1);
    expect(host.nodes()).toEqual([0, 1, 2].map(() => ({ phase: 'ready', pid: 100, restarts: 0 })));
  });

  test('opens without a node that has failed, and says of each exit whether anybody has served', () => {
    nodes.exit('0/1', 1);
    nodes.rise('1/1');
    nodes.exit('2/1', null, 'SIGSEGV');
    expect(opened).toBe(1);
    expect(exits).toEqual(['exit code 1, nobody has served', 'SIGSEGV']);
    clock.advance(200);
    nodes.rise('0/2', '2/2');
    expect(opened).toBe(1);
    expect(phases()).toEqual(['ready', 'ready', 'ready']);
  });

  test('starts a node that has crashed again after a pause that grows, and leaves the others alone', () => {
    allUp();
    nodes.exit('1/1', null, 'SIGKILL');
    expect(nodes.news()).toEqual([]);
    clock.advance(199);
    expect(nodes.news()).toEqual([]);
    clock.advance(1);
    expect(nodes.news()).toEqual(['launch 1/2']);
    nodes.exit('1/2', 70);
    clock.advance(399);
    expect(nodes.news()).toEqual([]);
    clock.advance(1);
    expect(nodes.news()).toEqual(['launch 1/3']);
    expect(phases()).toEqual(['ready', 'starting', 'ready']);
  });

  test('gives up a node that crashes too often, and takes it up again later', () => {
    allUp();
    for (let epoch = 1; epoch <= 4; epoch += 1) {
      nodes.exit(`1/${epoch}`, 70);
      clock.advance(1_000);
    }
    expect(phases()).toEqual(['ready', 'open', 'ready']);
    expect(told).toContain('node_restart_limit');
    nodes.news();
    // The first restart of the window is forgiven when that is over.
    for (let waitedMs = 0; waitedMs < 60_000 && nodes.done.length === 0; waitedMs += 100) clock.advance(100);
    expect(nodes.news()).toEqual(['launch 1/5']);
    nodes.rise('1/5');
    expect(phases()).toEqual(['ready', 'ready', 'ready']);
  });

  test('kills a node that hangs, again and again until it is gone, and starts another', () => {
    allUp();
    nodes.tell('2/1', { type: 'pulse.lost', reason: 'silent' });
    expect(nodes.news()).toEqual(['kill 2/1']);
    clock.advance(2_000);
    expect(nodes.news()).toEqual(['kill 2/1']);
    nodes.exit('2/1', null, 'SIGKILL');
    clock.advance(200);
    expect(nodes.news()).toEqual(['launch 2/2']);
  });

  test('kills a node that does not begin in time', () => {
    clock.advance(1_000);
    expect(nodes.news()).toEqual(['launch 0/1', 'kill 0/1']);
    nodes.exit('0/1', null, 'SIGKILL');
    nodes.news();
    clock.advance(200);
    nodes.tell('0/2', { type: 'spawned', pid: 1 });
    clock.advance(5_000);
    expect(nodes.news()).toContain('kill 0/2');
  });

  test('replaces a node that was told to end by somebody else at once, however young it is', () => {
    allUp();
    nodes.tell('1/1', { type: 'leaving' });
    expect(nodes.news()).toEqual(['ask 1/1']);
    nodes.exit('1/1', 0);
    expect(nodes.news()).toEqual(['launch 1/2']);
    expect(host.nodes()[1]?.restarts).toBe(0);
  });

  test('ignores what is said of an earlier process', () => {
    allUp();
    const late = nodes.tells.get('1/1');
    nodes.exit('1/1', null, 'SIGKILL');
    clock.advance(200);
    nodes.rise('1/2');
    late?.({ type: 'pulse.lost', reason: 'late' });
    late?.({ type: 'exited', code: 1, signal: null, reason: 'late' });
    expect(phases()).toEqual(['ready', 'ready', 'ready']);
    expect(exits).toEqual(['SIGKILL']);
  });

  test('drains by asking all, and is done when the last is gone', async () => {
    allUp();
    let drained = false;
    void host.drain().then(() => (drained = true));
    expect(nodes.news()).toEqual(['ask 0/1', 'ask 1/1', 'ask 2/1']);
    nodes.exit('0/1');
    nodes.exit('1/1');
    await Promise.resolve();
    expect(drained).toBe(false);
    nodes.exit('2/1');
    await Promise.resolve();
    expect(drained).toBe(true);
    clock.advance(100_000);
    expect(nodes.news()).toEqual([]);
  });

  test('drains one that does not end by killing it', async () => {
    allUp();
    const drained = host.drain();
    nodes.exit('0/1');
    nodes.exit('1/1');
    clock.advance(40_000);
    expect(nodes.news().at(-1)).toBe('kill 2/1');
    nodes.exit('2/1', null, 'SIGKILL');
    await drained;
    expect(bugs).toEqual([]);
  });
});
