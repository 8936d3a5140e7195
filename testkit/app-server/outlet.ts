/**
 * The way of a line out of the fake: one-shot faults of a script, seeded faults, allowed reorderings, then the sink.
 * Invariant: without faults and without `reorder` lines leave at once and in order; with `reorder` only lines of a
 * movable kind are held back, for a few lines or two milliseconds, whichever comes first.
 */
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export interface Sink {
  /** One line, without its end. */
  readonly emit: (line: string) => void;
  /** Bytes as they are, line end or not. */
  readonly bytes: (bytes: string | Uint8Array) => void;
  readonly exit: (code: number | null, signal: string | null) => void;
  readonly closeStdout: () => void;
  /** What the real process would say on stderr. */
  readonly note?: (text: string) => void;
}

/** Probabilities per line, each in [0, 1]. */
export interface Faults {
  readonly drop?: number;
  readonly duplicate?: number;
  readonly delay?: number;
  readonly cross?: number;
  readonly garbage?: number;
  readonly delayMsMax?: number;
  /** The process dies right after this many lines. */
  readonly crashAfterLines?: number;
}

/** Which lines may change places with their neighbours; `fixed` ones never do. */
export type LineKind = 'fixed' | 'answer' | 'echo' | 'limits' | 'closed';

export interface Outlet {
  line(text: string, kind?: LineKind): void;
  bytes(bytes: string | Uint8Array): void;
  /** Lets everything that is held back go: before the first output of a turn, and before the process ends. */
  flush(kind?: LineKind): void;
  dropNext(lines: number): void;
  duplicateNext(): void;
  halfNext(): void;
  crossNext(fromThreadId: string, toThreadId: string): void;
  exit(code: number | null, signal: string | null): void;
  closeStdout(): void;
  readonly lines: () => number;
}

interface Options {
  readonly clock: Clock;
  readonly random: Random;
  readonly sink: Sink;
  readonly reorder: boolean;
  readonly faults: Faults;
  /** A live thread other than the one of this line, for `cross`. */
  readonly otherThread: (threadId: string) => string | null;
}

const heldLinesMax = 4;
const heldMs = 2;
const threadIdPattern = /"threadId":"([^"]+)"/;

export function createOutlet({ clock, random, sink, reorder, faults, otherThread }: Options): Outlet {
  let held: { readonly text: string; readonly kind: LineKind; lines: number }[] = [];
  let flushTimer: (() => void) | null = null;
  let written = 0;
  let open = true;
  let drops = 0;
  let copies = 0;
  let half = false;
  let cross: readonly [string, string] | null = null;
  const faulty = Object.values(faults).some((value) => value !== undefined && value > 0);
  const crashAfterLines = faults.crashAfterLines ?? 0;

  const exit = (code: number | null, signal: string | null): void => {
    if (!open) return;
    open = false;
    sink.exit(code, signal);
  };
  const put = (text: string): void => {
    if (!open) return;
    sink.emit(text);
    written += 1;
    if (written === crashAfterLines) exit(null, 'SIGKILL');
  };
  const spoil = (text: string): void => {
    if (random.chance(faults.drop ?? 0)) return;
    if (random.chance(faults.garbage ?? 0)) put(`{not json ${random.below(1000)}`);
    let line = text;
    if (random.chance(faults.cross ?? 0)) {
      const own = threadIdPattern.exec(line)?.[1];
      const other = own === undefined ? null : otherThread(own);
      if (own !== undefined && other !== null) line = line.replaceAll(own, other);
    }
    if (random.chance(faults.delay ?? 0)) {
      clock.schedule(random.below(faults.delayMsMax ?? 50), () => put(line));
      return;
    }
    put(line);
    if (random.chance(faults.duplicate ?? 0)) put(line);
  };
  const pass = faulty ? spoil : put;

  const flush = (kind?: LineKind): void => {
    if (held.length === 0) return;
    const leaving = held.filter((line) => kind === undefined || line.kind === kind);
    held = held.filter((line) => kind !== undefined && line.kind !== kind);
    for (const line of leaving) pass(line.text);
  };
  const age = (): void => {
    if (held.length === 0) return;
    for (const line of held) line.lines -= 1;
    const leaving = held.filter((line) => line.lines <= 0);
    held = held.filter((line) => line.lines > 0);
    for (const line of leaving) pass(line.text);
  };
  const hold = (text: string, kind: LineKind): void => {
    // Echoes keep their own order, so a later one never overtakes an earlier one that is still held.
    const behind = held.findLast((line) => line.kind === kind)?.lines ?? 0;
    held.push({ text, kind, lines: Math.max(behind, 1 + random.below(heldLinesMax)) });
    flushTimer ??= clock.schedule(heldMs, () => {
      flushTimer = null;
      flush();
    });
  };
  const shots = (text: string): void => {
    if (drops > 0) {
      drops -= 1;
      return;
    }
    let line = text;
    if (cross !== null) {
      line = line.replaceAll(cross[0], cross[1]);
      cross = null;
    }
    if (half) {
      half = false;
      if (open) sink.bytes(line.slice(0, Math.ceil(line.length / 2)));
      return;
    }
    for (; copies > 0; copies -= 1) pass(line);
    pass(line);
  };

  return {
    line(text, kind = 'fixed') {
      if (reorder && kind !== 'fixed' && random.chance(0.5)) return hold(text, kind);
      if (drops === 0 && copies === 0 && !half && cross === null) pass(text);
      else shots(text);
      age();
    },
    bytes(bytes) {
      if (open) sink.bytes(bytes);
    },
    flush,
    dropNext(lines) {
      drops += lines;
    },
    duplicateNext() {
      copies += 1;
    },
    halfNext() {
      half = true;
    },
    crossNext(from, to) {
      cross = [from, to];
    },
    exit(code, signal) {
      flush();
      exit(code, signal);
    },
    closeStdout() {
      flush();
      sink.closeStdout();
    },
    lines: () => written,
  };
}
