/**
 * The text of a turn of `codex proto`: messages one after another, each told by deltas, as a whole, or both. Invariants: what
 * the deltas of a message said stands; the whole message only adds what goes beyond them; it is all one item, without anything
 * between its messages.
 */

import type { TurnEvent } from '../actors/turn.ts';

const item = 'message';

export class ProtoText {
  /** What the deltas of this message have said. */
  #pieces: string[] = [];
  #last: string | null = null;
  #begun = false;

  /** Some text was told. */
  get begun(): boolean {
    return this.#begun;
  }

  delta(text: string): readonly TurnEvent[] {
    if (text === '') return [];
    this.#pieces.push(text);
    return this.#tell(text);
  }

  /** Null: it is not what its deltas said. */
  whole(text: string): readonly TurnEvent[] | null {
    const said = this.#pieces.join('');
    this.#pieces = [];
    // It carries calls, or was told by its deltas alone.
    if (text === '') return [];
    // A message that is told a second time, without a word before it.
    if (said === '' && text === this.#last) return [];
    this.#last = text;
    return text.startsWith(said) ? this.#tell(text.slice(said.length)) : null;
  }

  #tell(delta: string): readonly TurnEvent[] {
    if (delta === '') return [];
    this.#begun = true;
    return [{ type: 'text.delta', item, delta }];
  }
}
