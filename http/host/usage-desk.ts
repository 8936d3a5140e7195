/**
 * The parent's side of the account: the book and its one file. Invariant: a question is answered after all that any node had told
 * before it was asked.
 */

import type { Peer } from '../../actors/link.ts';
import type { Grouping, UsageBook } from '../usage-book.ts';
import { partRead, recordRead, usageSent } from './usage-sent.ts';
import { hostWords } from './words.ts';

/** Of one answer about lines: well below what a frame may have. */
const partBytes = 1_048_576;

export interface UsageDeskOptions {
  readonly book: Pick<UsageBook, 'add' | 'ask' | 'latest'>;
  readonly append: (line: string) => void;
  /** Resolves when all that the nodes have told has arrived. */
  readonly sync: () => Promise<unknown>;
}

export class HostUsage {
  readonly #options: UsageDeskOptions;
  #added = 0;

  constructor(options: UsageDeskOptions) {
    this.#options = options;
  }

  rose(peer: Peer): void {
    const { book, append, sync } = this.#options;
    peer.answer(hostWords.spent, (sent) => {
      const read = recordRead(sent);
      if (read === null) return;
      const [spent, line] = read;
      this.#added += 1;
      book.add(spent, line);
      append(line);
    });
    peer.answer(hostWords.usage, async (sent) => {
      const [start, end, group] = Array.isArray(sent) ? (sent as readonly unknown[]) : [];
      await sync();
      return usageSent(book.ask(Number(start), Number(end), (group === 'day' ? 'day' : 'hour') satisfies Grouping));
    });
    peer.answer(hostWords.latest, async (sent) => {
      const read = partRead(sent);
      if (read === null) throw new TypeError('part is nothing that can be asked');
      const [wanted, told, since] = read;
      if (since === null) await sync();
      const added = since ?? this.#added;
      // What came meanwhile is newer than all that was asked for.
      const skip = told + this.#added - added;
      const lines = book.latest(skip + wanted - told);
      return { ...this.#part(lines.slice(0, Math.max(0, lines.length - skip))), added };
    });
  }

  /** The newest of them. */
  #part(lines: readonly string[]): { readonly lines: readonly string[]; readonly more: boolean } {
    let first = lines.length;
    let bytes = 0;
    while (first > 0 && (bytes === 0 || bytes + lines[first - 1]!.length * 3 <= partBytes)) {
      first -= 1;
      bytes += lines[first]!.length * 3;
    }
    return { lines: lines.slice(first), more: first > 0 };
  }
}
