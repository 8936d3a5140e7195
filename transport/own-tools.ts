/**
 * The CLI's own tools within one turn: the model calls them, and the CLI runs them and goes on. Invariant: a client hears
 * of its own tools only, and a sampling that called none of these does not end the answer.
 */

import type { DynamicTool, JsonObject, TurnEvent } from '../actors/turn.ts';

const working: TurnEvent = { type: 'thought.observed' };

export class OwnTools {
  readonly #theirs: ReadonlySet<string>;
  #ownCalled = false;
  #theirsCalled = false;
  /** Samplings that were followed by work of the CLI: their tokens count when the answer ends. */
  #held: TurnEvent[] = [];

  constructor(theirs: readonly DynamicTool[]) {
    this.#theirs = new Set(theirs.map(({ name }) => name));
  }

  /** What of an event the client's answer is made of. */
  heard(event: TurnEvent): readonly TurnEvent[] {
    switch (event.type) {
      case 'call.requested':
        if (this.#theirs.has(event.name)) {
          this.#theirsCalled = true;
          return [event];
        }
        this.#ownCalled = true;
        return [working];
      case 'sampling.completed': {
        const goesOn = this.#ownCalled && !this.#theirsCalled;
        this.#ownCalled = false;
        if (!goesOn) return [...this.#released(), event];
        this.#held.push(event);
        return [working];
      }
      case 'turn.ended':
        return [...this.#released(), event];
      default:
        return [event];
    }
  }

  #released(): readonly TurnEvent[] {
    return this.#held.splice(0);
  }
}

/** For a model that is shown tools which it is not to use. */
export const denial: JsonObject = {
  type: 'message',
  role: 'developer',
  content: [
    {
      type: 'input_text',
      text: 'Do not use built-in tools such as a shell, a file editor or a plan. Answer with text, or with calls of the functions that the user has defined.',
    },
  ],
};
