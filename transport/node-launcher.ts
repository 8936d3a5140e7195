/**
 * Starts the processes of nodes and keeps the link to each: what they say of their lives becomes facts, what they write becomes
 * lines of the parent. Invariants: a node that does not answer, or whose link has closed, is told of and killed, within a bound; the
 * exit of a process is the last that is said of it.
 */

import type { Link, Peer } from '../actors/link.ts';
import type { NodeFact, NodeLauncher, NodeProcess } from '../actors/host-seams.ts';
import type { Clock } from '../actors/seams.ts';
import { LineRelay } from './line-relay.ts';
import type { NodeSpawner } from './node-process.ts';
import { type Beginning, nodeWords } from './node-words.ts';
import { LinkPeer } from './peer.ts';
import type { Switchboard } from './switchboard.ts';

export interface NodeLauncherOptions {
  readonly spawn: NodeSpawner;
  readonly switchboard: Switchboard;
  readonly clock: Clock;
  /** What each node begins with. */
  readonly beginning: Beginning;
  /** A node has a new link: for whoever has something to answer over it. */
  readonly connected: (node: number, peer: Peer, link: Link) => void;
  /** Whole lines of a node, without the end of the last one. */
  readonly stdout: (lines: string, count: number) => void;
  readonly stderr: (lines: string) => void;
  readonly failed: (kind: string, error: unknown) => void;
  /** Between two signs of life, and for the answer; two misses in a row are the end. */
  readonly pulseMs: number;
  readonly pulseAnswerMs: number;
}

export interface NodesLauncher extends NodeLauncher {
  /** To every node that runs. */
  tellAll(kind: string): void;
  /** To every node that runs it is as if its parent were gone. */
  leaveAll(): void;
}

const missesMax = 2;
/** Between the end of the link and that of a process that is ending by itself. */
const farewellMs = 2_000;
const lineBytesMax = 1_048_576;

export const createNodeLauncher = (options: NodeLauncherOptions): NodesLauncher => {
  const { spawn, switchboard, clock, failed } = options;
  const links = new Map<Peer, Link>();

  const launch = (node: number, _epoch: number, tell: (fact: NodeFact) => void): NodeProcess => {
    const output = {
      stdout: new LineRelay(lineBytesMax, options.stdout),
      stderr: new LineRelay(lineBytesMax, options.stderr),
    };
    let exited = false;
    let peer: Peer | null = null;
    let cancel = (): void => {};
    const lost = (reason: string): void => {
      if (!exited) tell({ type: 'pulse.lost', reason });
    };

    const child = spawn(node, {
      spawned: (pid) => tell({ type: 'spawned', pid }),
      stdout: (chunk) => output.stdout.push(chunk),
      stderr: (chunk) => output.stderr.push(chunk),
      exited: (exit) => {
        exited = true;
        cancel();
        output.stdout.end();
        output.stderr.end();
        link?.close();
        tell({ type: 'exited', ...exit });
      },
    });

    const beat = (of: Peer, misses: number): void => {
      cancel = clock.schedule(options.pulseMs, () => {
        void of.ask(nodeWords.pulse, null, options.pulseAnswerMs).then(
          () => beat(of, 0),
          () => {
            if (exited || !links.has(of)) return;
            if (misses + 1 >= missesMax) lost(`no answer to ${missesMax} questions, ${options.pulseAnswerMs} ms each`);
            else beat(of, misses + 1);
          },
        );
      });
    };

    const connect = (link: Link): Peer => {
      const made = new LinkPeer({ link, clock, failed });
      links.set(made, link);
      link.onClosed((reason) => {
        links.delete(made);
        cancel();
        if (exited) return;
        cancel = clock.schedule(farewellMs, () => {
          lost(`its link has closed: ${reason}`);
          child.kill();
        });
      });
      made.answer(nodeWords.begin, () => options.beginning);
      made.answer(nodeWords.listening, () => {
        tell({ type: 'listening' });
        beat(made, 0);
      });
      made.answer(nodeWords.leaving, () => tell({ type: 'leaving' }));
      options.connected(node, made, link);
      return made;
    };

    const link = child.pipe === null ? null : switchboard.connect(node, child.pipe);
    if (link !== null) peer = connect(link);
    return { ask: () => peer?.tell(nodeWords.drain, null), kill: () => child.kill() };
  };

  return {
    launch,
    tellAll: (kind) => {
      for (const peer of links.keys()) peer.tell(kind, null);
    },
    leaveAll: () => {
      for (const link of [...links.values()]) link.close();
    },
  };
};
