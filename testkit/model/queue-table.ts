/** Contents of a queue as numbers: 0 is empty, and what a push or a pop leads to is computed once. */

import { numbersMax } from './local-table.ts';

interface Content {
  readonly events: readonly number[];
  readonly pushed: number[];
  popped: number;
}

export class QueueTable {
  readonly contents: Content[] = [{ events: [], pushed: [], popped: 0 }];
  readonly #ids = new Map<string, number>([['', 0]]);
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** -1: the queue would be longer than its bound. */
  push(content: number, event: number): number {
    const from = this.contents[content] as Content;
    return (from.pushed[event] ??= from.events.length >= this.#max ? -1 : this.id([...from.events, event]));
  }

  head(content: number): number {
    return (this.contents[content] as Content).events[0] as number;
  }

  pop(content: number): number {
    return (this.contents[content] as Content).popped;
  }

  id(events: readonly number[]): number {
    const key = events.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.contents.length;
    if (id >= numbersMax) throw new Error(`model: more than ${numbersMax} different contents of one queue`);
    this.#ids.set(key, id);
    this.contents.push({ events, pushed: [], popped: 0 });
    (this.contents[id] as Content).popped = this.id(events.slice(1));
    return id;
  }
}
