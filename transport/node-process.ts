/**
 * The process of one node: the same program, told by an argument which node it is, with a pipe to its parent as a fourth file.
 * Invariants: `exited` is the last call and comes once, after all output was delivered (bounded wait); nothing is called from within
 * `spawn`. It stays in the group of its parent, and ignores the Ctrl-C that comes to all of them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Clock } from '../actors/seams.ts';
import { exitOf, lastOutputMs, notSpawned, type ProcessExit } from './process-end.ts';

export interface NodeProcessEvents {
  spawned(pid: number): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  exited(exit: ProcessExit): void;
}

export interface SpawnedNode {
  /** Null: it could not be started; `exited` follows. */
  readonly pipe: Duplex | null;
  kill(): void;
}

export type NodeSpawner = (node: number, events: NodeProcessEvents) => SpawnedNode;

/** Which file of a node is its pipe. */
export const linkFile = 3;
export const nodeArgument = (node: number): string => `--node=${node}`;
/** Null: it is not for a node. */
export const nodeOf = (argument: string): number | null => {
  const digits = /^--node=(\d{1,2})$/u.exec(argument)?.[1];
  return digits === undefined ? null : Number(digits);
};

export interface NodeProgram {
  readonly command: string;
  /** Before the argument that says which node it is. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export const nodeSpawner =
  (clock: Clock, program: NodeProgram): NodeSpawner =>
  (node, events) => {
    let ended = false;
    const finish = (exit: ProcessExit): void => {
      if (ended) return;
      ended = true;
      events.exited(exit);
    };
    let child: ChildProcess;
    try {
      child = spawn(program.command, [...program.args, nodeArgument(node)], {
        env: program.env,
        // It reads nothing, and knows by it whether somebody sits before it.
        stdio: ['inherit', 'pipe', 'pipe', 'pipe'],
      });
    } catch (error) {
      const exit = notSpawned(error instanceof Error ? error.message : String(error));
      queueMicrotask(() => finish(exit));
      return { pipe: null, kill: () => {} };
    }
    child.once('spawn', () => events.spawned(child.pid ?? 0));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) finish(notSpawned(error.code ?? error.message));
    });
    child.once('exit', (code, signal) => {
      const over = (): void => finish(exitOf(code, signal));
      const cancel = clock.schedule(lastOutputMs, () => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
        over();
      });
      child.once('close', () => {
        cancel();
        over();
      });
    });
    // What a grandchild still writes comes too late.
    child.stdout?.on('data', (chunk: Buffer) => void (ended || events.stdout(chunk)));
    child.stderr?.on('data', (chunk: Buffer) => void (ended || events.stderr(chunk)));
    for (const stream of [child.stdout, child.stderr]) stream?.on('error', () => {});
    const pipe: unknown = child.stdio[linkFile];
    return { pipe: pipe instanceof Duplex ? pipe : null, kill: () => void child.kill('SIGKILL') };
  };
