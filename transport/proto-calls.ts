/**
 * The tool calls of one choice, told whole or in pieces. Invariants: each call is told once, in the order in which it was first
 * heard of; its arguments are the string that the pieces add up to, or the last piece where each one repeats what came before.
 */

import type { TurnEvent } from '../actors/turn.ts';
import { isObject, type Members, member } from './json.ts';

export type CallEvent = Extract<TurnEvent, { type: 'call.requested' }>;

interface Heard {
  id: string;
  name: string;
  joined: string;
  last: string;
  /** Told as a whole. */
  whole: boolean;
}

/** More of them in one answer are no calls of a model. */
const callsMax = 1_024;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Arguments that are no text are what they are as JSON. */
const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

const textIn = (told: unknown, key: string): string => {
  const value = member(told, key);
  return typeof value === 'string' ? value : '';
};
const idOf = (told: Members): string => textIn(told, 'id');
const nameOf = (told: Members): string => textIn(told['function'], 'name');

const name = (call: Heard, told: Members): void => {
  call.id = idOf(told) || call.id;
  call.name = nameOf(told) || call.name;
};

const argumentsIn = ({ joined, last }: Heard): string => (!isJson(joined) && isJson(last) ? last : joined);

export class ProtoCalls {
  readonly #choice: number;
  readonly #calls: Heard[] = [];
  /** Which of them the pieces with that index belong to. */
  readonly #indexes = new Map<number, Heard>();

  constructor(choice: number) {
    this.#choice = choice;
  }

  /** UTF-16 units of arguments that were heard. */
  chars = 0;

  get size(): number {
    return this.#calls.length;
  }

  /** Some of them were begun and never finished. */
  get isBroken(): boolean {
    return this.#calls.some((call) => !call.whole && !isJson(argumentsIn(call)));
  }

  /** `tool_calls` of a delta: pieces, each for the call at its index. */
  pieces(calls: unknown): void {
    for (const [at, piece] of (Array.isArray(calls) ? calls : []).entries()) {
      if (!isObject(piece)) continue;
      const call = this.#pieceOf(typeof piece['index'] === 'number' ? piece['index'] : at, piece);
      if (call === null) continue;
      const text = this.#argumentsOf(piece);
      call.joined += text;
      if (text !== '') call.last = text;
      name(call, piece);
    }
  }

  /** `tool_calls` and `function_call` of a message: they are complete now. */
  whole(message: Members): void {
    const { tool_calls: given, function_call: single } = message;
    const calls = Array.isArray(given) ? given.filter(isObject) : [];
    for (const told of calls.length === 0 && isObject(single) ? [{ function: single }] : calls) {
      const known = this.#named(told['id']) ?? this.#calls.find((call) => !call.whole) ?? this.#add();
      if (known === null || known.whole) continue;
      const text = this.#argumentsOf(told);
      known.joined = text === '' ? argumentsIn(known) : text;
      known.last = known.joined;
      known.whole = true;
      name(known, told);
    }
  }

  /** All of them, finished or not. */
  events(): readonly CallEvent[] {
    return this.#calls.map((call, at) => ({
      type: 'call.requested',
      item: `call_${at}`,
      kind: 'function_call',
      callId: call.id === '' ? `tool_${this.#choice}_${at}` : call.id,
      name: call.name,
      arguments: argumentsIn(call),
    }));
  }

  #argumentsOf(told: Members): string {
    const text = argumentsOf(member(told['function'], 'arguments'));
    this.chars += text.length;
    return text;
  }

  /** Null: it belongs to none, or to one that is complete. */
  #pieceOf(index: number, piece: Members): Heard | null {
    const call = this.#indexes.get(index);
    if (call !== undefined && !call.whole) return call;
    const isNew = call === undefined || (idOf(piece) !== '' ? idOf(piece) !== call.id : nameOf(piece) !== '');
    const next = isNew ? (this.#named(piece['id']) ?? this.#add()) : null;
    if (next === null || next.whole) return null;
    this.#indexes.set(index, next);
    return next;
  }

  #named(id: unknown): Heard | undefined {
    return typeof id === 'string' && id !== '' ? this.#calls.find((call) => call.id === id) : undefined;
  }

  /** Null: that is too many. */
  #add(): Heard | null {
    if (this.#calls.length >= callsMax) return null;
    const call = { id: '', name: '', joined: '', last: '', whole: false };
    this.#calls.push(call);
    return call;
  }
}
