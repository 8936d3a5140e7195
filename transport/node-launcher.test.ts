import { type Duplex, duplexPair } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeFact, NodeProcess } from '../actors/host-seams.ts';
import { arrived } from '../testkit/link-pair.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { askBeginning, joinHost } from './host-end.ts';
import { createNodeLauncher, type NodesLauncher } from './node-launcher.ts';
import { NodeLinks } from './node-links.ts';
import { type NodeProcessEvents, nodeArgument, nodeOf } from './node-process.ts';
import { nodeWords } from './node-words.ts';
import { LinkPeer } from './peer.ts';
import { Switchboard } from './switchboard.ts';

const beginning = { port: 8_080, home: '/home', listing: [{ slug: 'codex-5' }] };

let clock: VirtualClock;
let launcher: NodesLauncher;
let facts: string[];
let lines: string[];
let kills: number;
let events: NodeProcessEvents;
let pipe: Duplex;
let connected: number[];

/** The process of a node, as it is on its side of the pipe. */
const node = () => {
  const neighbours = new NodeLinks(0, pipe);
  return { neighbours, peer: new LinkPeer({ link: neighbours.parent, clock: new VirtualClock() }) };
};
type NodeEnd = ReturnType<typeof node>;

const launch = (): NodeProcess =>
  launcher.launch(0, 1, (fact: NodeFact) => facts.push('reason' in fact ? `${fact.type}: ${fact.reason}` : fact.type));
const exit = { code: 0, signal: null, reason: 'exit code 0' };

beforeEach(() => {
  clock = new VirtualClock();
  [facts, lines, kills, connected] = [[], [], 0, []];
  launcher = createNodeLauncher({
    spawn: (_, heard) => {
      events = heard;
      const ends = duplexPair();
      pipe = ends[1];
      return { pipe: ends[0], kill: () => void (kills += 1) };
    },
    switchboard: new Switchboard(),
    clock,
    beginning,
    connected: (which) => connected.push(which),
    stdout: (text) => lines.push(`out ${text}`),
    stderr: (text) => lines.push(`err ${text}`),
    failed: (kind) => facts.push(`failed ${kind}`),
    pulseMs: 2_000,
    pulseAnswerMs: 5_000,
  });
});

const joined = async (end: NodeEnd, heard: string[], listen = (): Promise<unknown> => Promise.resolve()) => {
  await joinHost(end, {
    listen,
    start: (renews) => heard.push(`start ${renews}`),
    notice: () => heard.push('notice'),
    drain: () => heard.push('drain'),
    orphaned: (reason) => heard.push(`orphaned: ${reason}`),
  });
  await arrived();
};

/** Both pauses and questions go by. */
const beats = async (count: number): Promise<void> => {
  for (let beat = 0; beat < count; beat += 1) {
    clock.advance(2_000);
    await arrived();
    clock.advance(5_000);
    await arrived();
  }
};

describe('a node that was started', () => {
  test('begins with what was prepared, and is there when it listens', async () => {
    launch();
    events.spawned(7);
    const end = node();
    expect(await askBeginning(end.peer)).toEqual(beginning);
    expect(facts).toEqual(['spawned']);
    const heard: string[] = [];
    await joined(end, heard);
    expect(facts).toEqual(['spawned', 'listening']);
    expect(connected).toEqual([0]);
    // Nobody answers here who may start workers: it starts all the same.
    expect(heard).toEqual(['start false']);
  });

  test('is told of a stop, and to end', async () => {
    const process = launch();
    const heard: string[] = [];
    await joined(node(), heard);
    launcher.tellAll(nodeWords.notice);
    process.ask();
    await arrived();
    expect(heard.slice(1)).toEqual(['notice', 'drain']);
  });

  test('that lives is heard of no more; one that does not answer twice is lost', async () => {
    launch();
    const end = node();
    await joined(end, []);
    await beats(10);
    expect(facts).toEqual(['listening']);
    pipe.pause();
    await beats(1);
    expect(facts).toEqual(['listening']);
    await beats(1);
    expect(facts.at(-1)).toBe('pulse.lost: no answer to 2 questions, 5000 ms each');
    expect(clock.pending).toBe(0);
  });

  test('whose link closes, and which lives on, is killed', async () => {
    launch();
    const end = node();
    await joined(end, []);
    end.neighbours.parent.close();
    await arrived();
    expect(kills).toBe(0);
    clock.advance(2_000);
    expect([kills, facts.at(-1)]).toEqual([1, 'pulse.lost: its link has closed: the other end closed']);
    events.exited({ code: null, signal: 'SIGKILL', reason: 'killed by SIGKILL' });
    expect(facts.at(-1)).toBe('exited: killed by SIGKILL');
  });

  test('that ends by itself is told of once, after all its lines', async () => {
    launch();
    const end = node();
    await joined(end, []);
    events.stdout(Buffer.from('{"a":1}\n{"b"'));
    events.stderr(Buffer.from('last words'));
    events.stdout(Buffer.from(':2}\n'));
    events.exited(exit);
    expect(lines).toEqual(['out {"a":1}', 'out {"b":2}', 'err last words']);
    await arrived();
    await beats(3);
    expect([kills, facts]).toEqual([0, ['listening', 'exited: exit code 0']]);
  });

  test('is left: it hears that its parent is gone, and is killed when that is not enough', async () => {
    launch();
    const heard: string[] = [];
    await joined(node(), heard);
    launcher.leaveAll();
    await arrived();
    expect(heard.at(-1)).toBe('orphaned: the other end closed');
    expect(kills).toBe(0);
    clock.advance(2_000);
    expect([kills, facts.at(-1)]).toEqual([1, 'pulse.lost: its link has closed: closed here']);
    expect(clock.pending).toBe(0);
  });

  test('hears that its parent is gone', async () => {
    launch();
    const heard: string[] = [];
    await joined(node(), heard);
    events.exited(exit);
    await arrived();
    expect(heard.at(-1)).toBe('orphaned: the other end closed');
  });

  test('says nothing of listening when it cannot', async () => {
    launch();
    await expect(joined(node(), [], () => Promise.reject(new Error('in use')))).rejects.toThrow('in use');
    expect(facts).toEqual([]);
  });
});

test('a parent that says nonsense is no beginning', async () => {
  const ends = duplexPair();
  const other = new LinkPeer({ link: new Switchboard().connect(0, ends[0]), clock });
  other.answer(nodeWords.begin, () => ({ port: 'x' }));
  const odd = new NodeLinks(0, ends[1]);
  await expect(askBeginning(new LinkPeer({ link: odd.parent, clock }))).rejects.toThrow('port');
});

test('which node it is stands in the argument', () => {
  for (const number of [0, 7, 63]) expect(nodeOf(nodeArgument(number))).toBe(number);
  for (const other of ['', '--node', '--node=', '--node=x', '--node=100', '--help']) expect(nodeOf(other)).toBe(null);
});
