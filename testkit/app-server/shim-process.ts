/**
 * What the shim does besides turns: files that tests watch, lines that are no protocol, a life of limited length.
 * Invariant: nothing here answers a request or holds the process when it wants to end.
 */
import { appendFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { ShimWorld } from './shim-modes.ts';
import type { ShimProcess, ShimSettings } from './shim-settings.ts';

/** The clock of files is a few milliseconds behind. */
const fileClockMs = 10;

export function createWorld({ readyFile, releaseFile }: ShimProcess, codexHome: string): ShimWorld {
  return {
    nowMs: () => Date.now(),
    ready: () => {
      if (readyFile !== '') writeFileSync(readyFile, String(process.pid));
    },
    released(sinceMs) {
      const stat = statSync(releaseFile, { throwIfNoEntry: false });
      return stat !== undefined && stat.mtimeMs >= sinceMs - fileClockMs;
    },
    firstCrash() {
      if (codexHome === '') return true;
      const mark = `${codexHome}/fake-codex-crashed`;
      if (existsSync(mark)) return false;
      writeFileSync(mark, '');
      return true;
    },
  };
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return line;
  }
};

export type Capture = (direction: 'received' | 'sent', line: string) => void;

/** Null: nobody asked for it. */
export function createCapture(target: string): Capture | null {
  if (target === '') return null;
  return (direction, line) => {
    const entry = { direction, message: parsed(line) };
    if (/^(1|true|yes)$/i.test(target)) process.stderr.write(`${JSON.stringify({ capture: entry })}\n`);
    else appendFileSync(target, `${JSON.stringify(entry)}\n`);
  };
}

export interface Face {
  readonly line: (text: string) => void;
  readonly exit: (code: number) => void;
}

/** Says what it is, lives as long as it may; the result tells of the coming end. */
export function showFace({ process: face, supervised }: ShimSettings, { line, exit }: Face): (why: string) => void {
  const say = (members: { readonly [name: string]: unknown }): void => line(JSON.stringify(members));
  if (!supervised) say({ event: 'fallback', mode: 'jsonrpc' });
  if (face === null) return () => undefined;
  if (face.pidFile !== '') writeFileSync(face.pidFile, String(process.pid));
  say({ event: 'starting' });
  if (!face.skipReady) setTimeout(() => say({ event: 'ready', ready: true }), face.readyDelayMs).unref();
  if (face.heartbeatMs > 0) setInterval(() => say({ event: 'heartbeat' }), face.heartbeatMs).unref();
  if (face.autoExitMs > 0)
    setTimeout(() => {
      say({ event: 'exit', reason: 'auto' });
      exit(face.exitCode);
    }, face.autoExitMs).unref();
  return (signal) => say({ event: 'shutdown', signal });
}
