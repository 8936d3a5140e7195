/**
 * What a run leaves behind while it runs, and waiting for it. Invariant: a line is recorded before the transport sees it.
 */

import { type Channel, type Entry, type Members, membersOf, methodOf, parsed } from './entry.ts';

export class Recorder {
  readonly entries: Entry[] = [];
  readonly #pending = new Set<unknown>();
  readonly #watchers = new Set<() => void>();

  add(entry: Entry): void {
    this.entries.push(entry);
    const [channel, text] = entry;
    const { method, id } = membersOf(parsed(text)) as { method?: unknown; id?: unknown };
    if (id !== undefined && channel === 'in' && method !== undefined) this.#pending.add(id);
    if (id !== undefined && channel === 'out' && method === undefined) this.#pending.delete(id);
    for (const look of this.#watchers) look();
  }

  /** Requests of ours without an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Resolves when so many lines of a method have gone through one pipe. */
  async times(channel: Channel, method: string, count = 1): Promise<void> {
    return this.until(
      () => this.entries.filter((entry) => entry[0] === channel && methodOf(entry[1]) === method).length >= count,
    );
  }

  /** The answer to a request that the transport knows nothing of. */
  async answer(id: string): Promise<Members> {
    const found = (): Members | undefined =>
      this.entries.map(([, text]) => membersOf(parsed(text))).find((message) => message['id'] === id);
    await this.until(() => found() !== undefined);
    return found() ?? {};
  }

  async until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}
