/**
 * What a benchmark asks a worker to do, written into the prompt, so that one running gateway serves every variant and each
 * subject is told the same. Invariant: `readPlay` finds in any text that holds it what `playText` wrote.
 */

export interface Play {
  readonly deltas: number;
  /** Of one delta's text; at least the stamp. */
  readonly bytes: number;
  /** Between two steps of a stream; 0: as soon as the other streams have had theirs. */
  readonly everyMs: number;
  /** Deltas of one step. All of them in one step is a burst: the worker writes the whole answer at once. */
  readonly batch: number;
  /** Before the first one. */
  readonly delayMs: number;
}

export const stampDigits = 13;
/** `t=` and the digits of `nowMicros()`: by it the client knows a delta, and how old it is. */
export const stampBytes = stampDigits + 2;
const filler = ' of the quick brown fox that jumps over a lazy dog,';
const deltasMax = 1_000_000;
const looks = 50;

export const burst = (deltas: number, bytes = 20): Play => ({ deltas, bytes, everyMs: 0, batch: deltas, delayMs: 0 });
/** One delta of each stream in turn, as fast as they are taken: no two deltas of a stream arrive together. */
export const oneByOne = (deltas: number, bytes = 20): Play => ({ ...burst(deltas, bytes), batch: 1 });
export const paced = (deltas: number, everyMs: number, bytes = 20): Play => ({ ...oneByOne(deltas, bytes), everyMs });

const members = ['deltas', 'bytes', 'everyMs', 'batch', 'delayMs'] as const;

export const playText = (play: Play): string => `play ${members.map((name) => `${name}=${play[name]}`).join(' ')}`;

/** Null: the text holds no play. */
export function readPlay(text: string): Play | null {
  const found = /play deltas=(\d+) bytes=(\d+) everyMs=([\d.]+) batch=(\d+) delayMs=([\d.]+)/.exec(text);
  if (found === null) return null;
  const [deltas = 0, bytes = 0, everyMs = 0, batch = 0, delayMs = 0] = found.slice(1).map(Number);
  return {
    deltas: Math.min(deltas, deltasMax),
    bytes: Math.max(bytes, stampBytes),
    everyMs,
    batch: Math.max(1, batch),
    delayMs,
  };
}

/** Behind the stamp, to the wanted length; no character of it is escaped in JSON. */
export const fillerOf = ({ bytes }: Play): string =>
  filler.repeat(Math.ceil(bytes / filler.length)).slice(0, Math.max(0, bytes - stampBytes));

/** Of the monotonic clock, which all processes of the machine share, to that of `performance.now()`. */
const offsetMicros = ((): number => {
  let offset = Number.NEGATIVE_INFINITY;
  // Whatever comes between the two readings makes it too small.
  for (let look = 0; look < looks; look += 1) {
    const [seconds, nanos] = process.hrtime();
    offset = Math.max(offset, seconds * 1e6 + nanos / 1e3 - performance.now() * 1e3);
  }
  return offset;
})();

export const nowMicros = (): number => Math.floor(offsetMicros + performance.now() * 1e3);

export const stamp = (micros: number = nowMicros()): string => `t=${String(micros).padStart(stampDigits, '0')}`;
