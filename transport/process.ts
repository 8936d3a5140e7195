/**
 * One child process behind pipes. Invariants: `exited` is the last call and comes exactly once, after all output was
 * delivered (bounded wait); nothing is called from within `spawn`; writing to a dead process is harmless; a process whose
 * output has ended is killed; what the process has started itself does not outlive it.
 *
 * It has a process group of its own: a Ctrl-C at the terminal is for the gateway, which lets running answers finish. When
 * the gateway dies, the end of the input ends the process.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../actors/seams.ts';
import { exitOf, lastOutputMs, notSpawned, type ProcessExit } from './process-end.ts';
import { ProcessInput } from './process-input.ts';

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessEvents {
  spawned(): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** There is room again after a `write` that returned false. */
  drained(): void;
  exited(exit: ProcessExit): void;
}

export interface PipedProcess {
  readonly pid: number | null;
  /** Takes the text in any case. False: hold back further text until `drained`. */
  write(text: string): boolean;
  /** Closes the input: the CLI ends by itself. */
  end(): void;
  /** SIGKILL; with SIGTERM it is asked to end, and may take its time. */
  kill(signal?: 'SIGTERM'): void;
}

export type ProcessSpawner = (spec: ProcessSpec, events: ProcessEvents) => PipedProcess;

/** Windows has no process groups, and a detached process would open a console there. */
const detached = process.platform !== 'win32';

/** Between the end of the output and the kill: a process that is exiting closes its pipes first. */
const endOfOutputMs = 250;

export const nodeSpawner =
  (clock: Clock): ProcessSpawner =>
  (spec, events) => {
    let ended = false;
    let spawned = false;
    let cause: string | null = null;
    const timers: (() => void)[] = [];

    const finish = (exit: ProcessExit): void => {
      if (ended) return;
      ended = true;
      for (const cancel of timers) cancel();
      events.exited(exit);
    };

    let child: ChildProcess;
    try {
      child = spawn(spec.command, [...spec.args], {
        cwd: spec.cwd,
        env: { ...spec.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        windowsHide: true,
        detached,
      });
    } catch (error) {
      const exit = notSpawned(error instanceof Error ? error.message : String(error));
      queueMicrotask(() => finish(exit));
      return { pid: null, write: () => true, end: () => {}, kill: () => {} };
    }

    const signalGroup = (signal: 'SIGTERM' | 'SIGKILL'): void => {
      if (!detached || child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // Nobody is left in it.
      }
    };
    const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
      // Once it has been waited for, its id may be another's.
      if (child.exitCode === null && child.signalCode === null) signalGroup(name);
      child.kill(name);
    };
    const kill = (why: string | null): void => {
      cause ??= why;
      signal('SIGKILL');
    };
    const { stdin, stdout, stderr } = child;
    const input = stdin === null ? null : new ProcessInput(stdin);

    child.once('spawn', () => {
      spawned = true;
      events.spawned();
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      // After a successful spawn this is about a signal that could not be sent: the exit will tell.
      if (!spawned) finish(notSpawned(error.code ?? error.message));
    });
    child.once('exit', (code, by) => {
      signalGroup('SIGKILL');
      const exit = exitOf(code, by, cause);
      child.once('close', () => finish(exit));
      timers.push(
        clock.schedule(lastOutputMs, () => {
          stdout?.destroy();
          stderr?.destroy();
          finish(exit);
        }),
      );
    });

    stdout?.on('data', (chunk: Buffer) => {
      if (!ended) events.stdout(chunk);
    });
    stdout?.on('error', () => {});
    stdout?.once('end', () => timers.push(clock.schedule(endOfOutputMs, () => kill('its output ended'))));
    stderr?.on('data', (chunk: Buffer) => {
      if (!ended) events.stderr(chunk);
    });
    stderr?.on('error', () => {});
    // EPIPE and the like: whoever does not read any more is as good as dead.
    stdin?.on('error', () => timers.push(clock.schedule(endOfOutputMs, () => kill('its input was closed'))));
    stdin?.on('drain', () => events.drained());

    return {
      pid: child.pid ?? null,
      write: (text) => input?.write(text) ?? true,
      end: () => input?.end(),
      kill: (name) => (name === undefined ? kill(null) : signal(name)),
    };
  };
