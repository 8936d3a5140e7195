/**
 * What the clients of a run of chaos ask, drawn from a seed, and the one right answer to it. Invariant: no two questions share
 * a piece of text, so a single delta in a wrong stream shows; what the provider leaves unfinished must not look finished.
 */

import type { Random } from '../app-server/random.ts';
import type { Dialect, Told } from '../answers.ts';
import { fillerText } from '../provider/pieces.ts';
import { marker, type SpecValues } from '../provider/scenario.ts';

export interface Question {
  readonly number: number;
  readonly dialect: Dialect;
  readonly streaming: boolean;
  readonly sdk: boolean;
  /** Reads to the end; leaves in the middle; or stops reading for a while. */
  readonly manner: 'stays' | 'leaves' | 'pauses';
  /** What the provider does to it. */
  readonly trouble: keyof typeof troubles;
  readonly prompt: string;
  /** The right answer, delta by delta. */
  readonly pieces: readonly string[];
}

interface Trouble {
  readonly scenario: string;
  readonly values?: SpecValues;
  /** The provider never says that it has completed the answer. */
  readonly fails?: true;
}

const troubles = {
  none: { scenario: 'text' },
  'torn writes': { scenario: 'text', values: { wire: 7 } },
  'malformed events': { scenario: 'malformed' },
  'closed halfway': { scenario: 'cut', values: { how: 'fin' }, fails: true },
  'reset after the text': { scenario: 'cut', values: { how: 'rst', done: true }, fails: true },
  'no terminal event': { scenario: 'noterminal', fails: true },
  'an error event': { scenario: 'errorevent', fails: true },
  'a failed response': { scenario: 'failed', fails: true },
  'reset at once': { scenario: 'reset', fails: true },
  overload: { scenario: 'status', values: { kind: 'overloaded' }, fails: true },
} satisfies Readonly<Record<string, Trouble>>;

const names = Object.keys(troubles) as readonly Question['trouble'][];
/** Of so many questions one. */
const every = { long: 20, leaving: 11, troubled: 7 } as const;

const piecesOf = (number: number): readonly string[] =>
  Array.from({ length: 12 }, (_, piece) => `own-${number}.${piece} wörld 🚀\n`);

/** More than the kernel takes for a client that does not read. */
const longPieces: readonly string[] = Array.from({ length: 64 }, () => fillerText(65_536));

/** As soon as the client has this, its answer is under way. */
export const firstWords = ({ number }: Question): string => `own-${number}.0`;

export class Questions {
  readonly #random: Random;
  #asked = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get asked(): number {
    return this.#asked;
  }

  next(): Question {
    const random = this.#random;
    this.#asked += 1;
    const number = this.#asked;
    const key = `own-${number}`;
    const dialect = random.chance(0.5) ? 'responses' : 'chat';
    if (number % every.long === 0) {
      const prompt = marker('text', { size: 65_536, n: longPieces.length, key });
      const way = { streaming: true, sdk: false, manner: 'pauses', trouble: 'none' } as const;
      return { number, dialect, ...way, prompt, pieces: longPieces };
    }
    const troubled = number % every.troubled === 0;
    const trouble = (troubled ? names[(number / every.troubled) % names.length] : undefined) ?? 'none';
    const { scenario, values }: Trouble = troubles[trouble];
    const pieces = piecesOf(number);
    const told = { chunks: JSON.stringify(pieces), n: pieces.length, delay: 5 + random.below(15), key };
    return {
      number,
      dialect,
      streaming: random.chance(0.7),
      sdk: random.chance(0.4),
      manner: number % every.leaving === 0 ? 'leaves' : 'stays',
      trouble,
      prompt: marker(scenario, { ...told, ...values }),
      pieces,
    };
  }
}

/** Whether the text is made of these pieces, in their order, and of nothing else. */
function isMadeOf(text: string, pieces: readonly string[]): boolean {
  let at = 0;
  for (const piece of pieces) if (text.startsWith(piece, at)) at += piece.length;
  return at === text.length;
}

/**
 * The outcome of an answer that has ended by its own rules: `whole`, the code of its failure, or `gap` when it lacks a piece.
 * Throws when it holds what nobody said, or when it is whole and cannot be.
 */
export function verdict(question: Question, { text, code }: Pick<Told, 'text' | 'code'>): string {
  const { fails }: Trouble = troubles[question.trouble];
  if (!isMadeOf(text, question.pieces)) throw new Error(`says what nobody said: ${text.slice(-200)}`);
  if (code !== null) return code;
  if (fails === true) throw new Error('whole, though the provider never completed it');
  return text === question.pieces.join('') ? 'whole' : 'gap';
}

/** Throws when there is a piece of another answer in these bytes, even of one that was cut off. */
export function assertOwn({ number }: Question, received: string): void {
  for (const [found, owner] of received.matchAll(/own-(\d+)\./gu)) {
    if (Number(owner) !== number) throw new Error(`holds ${found} of another answer`);
  }
}
