// The deltas of a text answer: generated words, filler of an exact size, time stamps, or a literal cut in pieces.
// Invariant: the pieces of a literal join to exactly that literal, and no piece is empty.

import { type Params, ScenarioError } from './params.ts';

const words = ['Hello', ', ', 'world', '.'] as const;
const filler = 'The quick brown fox jumps over the lazy dog. ';

// mulberry32: small, seeded, and the same on every machine.
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts into `n` pieces of nearly equal length, never inside a surrogate pair. */
export function cutEvenly(text: string, n: number): readonly string[] {
  const points = Array.from(text);
  const parts = Math.max(1, Math.min(n, points.length));
  const pieces: string[] = [];
  for (let part = 0; part < parts; part += 1) {
    const from = Math.floor((part * points.length) / parts);
    pieces.push(points.slice(from, Math.floor(((part + 1) * points.length) / parts)).join(''));
  }
  return pieces.filter((piece) => piece !== '');
}

/** `points`: every code point; `units`: every UTF-16 unit, so pairs are torn; `seed:7`: random runs of code points. */
export function cutBy(text: string, mode: string): readonly string[] {
  if (mode === 'points') return Array.from(text);
  if (mode === 'units') return text.split('');
  const seed = /^seed:(\d{1,9})$/.exec(mode)?.[1];
  if (seed === undefined) throw new ScenarioError(`cut must be points, units or seed:<number>, not ${mode}`);
  const next = random(Number(seed));
  const points = Array.from(text);
  const pieces: string[] = [];
  for (let from = 0; from < points.length; ) {
    const length = 1 + Math.floor(next() * 8);
    pieces.push(points.slice(from, from + length).join(''));
    from += length;
  }
  return pieces;
}

function literalChunks(value: string): readonly string[] {
  if (!value.startsWith('[')) return value.split('|').filter((piece) => piece !== '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new ScenarioError('chunks must be a JSON array of strings or parts separated by |');
  }
  if (!Array.isArray(parsed)) throw new ScenarioError('chunks must be an array');
  return parsed.map(String).filter((piece) => piece !== '');
}

export function fillerText(sizeChars: number): string {
  return filler.repeat(Math.ceil(sizeChars / filler.length)).slice(0, sizeChars);
}

export function* pieces(params: Params, nowUs: () => number): Generator<string> {
  const n = params.int('n') ?? 4;
  const size = params.int('size');
  const chunks = params.text('chunks');
  const text = params.text('text');
  if (chunks !== undefined) return yield* literalChunks(chunks);
  if (text !== undefined) {
    const mode = params.text('cut');
    return yield* mode === undefined ? cutEvenly(text, n) : cutBy(text, mode);
  }
  const generated = size === undefined || size === 0 ? undefined : fillerText(size);
  for (let i = 0; i < n; i += 1) {
    // The clock is read here, when the player pulls the step, not when the scenario is chosen.
    if (params.flag('stamp')) yield `${nowUs()} `.padEnd(size ?? 0, '.');
    else yield generated ?? words[i % words.length] ?? '';
  }
}

export function* take<T>(values: Iterable<T>, n: number): Generator<T> {
  let taken = 0;
  for (const value of values) {
    if (taken >= n) return;
    taken += 1;
    yield value;
  }
}
