/** Takes the beginning of what another node lends, piece by piece. Invariant: it is whole, or the fetch has failed. */

import type { Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import type { PackedExchange } from '../actors/store.ts';
import { LinkError } from './frames.ts';
import { askMs, doneKind, type Found, pieceKind, usualPieceBytes } from './lending.ts';
import { packItems } from './pack.ts';

/** All pieces of one response, or of one conversation. */
const fetchMs = 30_000;
const noInput = packItems([]);

/** Arrays of these sizes, filled one after the other. */
class Targets {
  readonly arrays: readonly Uint8Array[];
  readonly bytes: number;
  #filled = 0;
  #index = 0;
  #at = 0;

  constructor(sizes: readonly number[]) {
    this.arrays = sizes.map((size) => new Uint8Array(size));
    this.bytes = sizes.reduce((sum, size) => sum + size, 0);
  }

  get filled(): number {
    return this.#filled;
  }

  fill(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const target = this.arrays[this.#index];
      if (target === undefined) throw new LinkError('refused', 'more bytes than were asked for');
      const count = Math.min(bytes.length - from, target.length - this.#at);
      target.set(bytes.subarray(from, from + count), this.#at);
      from += count;
      this.#filled += count;
      this.#at += count;
      if (this.#at < target.length) continue;
      this.#index += 1;
      this.#at = 0;
    }
  }
}

/** The first `count` responses of it; `take` is told of their bytes before any is fetched. Rejects with a `LinkError`, or what `take` throws. */
export async function fetchPieces(
  lender: { readonly peer: Peer; readonly clock: Clock; readonly pieceBytes?: number },
  { loan, labels, bytes }: Found,
  count: number,
  take: (bytes: number) => void,
): Promise<readonly PackedExchange[]> {
  const { peer, clock, pieceBytes = usualPieceBytes } = lender;
  const wanted = labels.slice(0, count);
  const lastAt = clock.now() + fetchMs;
  try {
    take(wanted.reduce((sum, [, , log, input]) => sum + log + input, 0));
    const targets = new Targets(wanted.flatMap(([, , log, input]) => [log, input]));
    targets.fill(bytes.subarray(0, targets.bytes));
    while (targets.filled < targets.bytes) {
      const from = targets.filled;
      const to = Math.min(targets.bytes, from + pieceBytes);
      const leftMs = lastAt - clock.now();
      if (leftMs <= 0) throw new LinkError('timeout', 'a stored response comes too slowly');
      const piece = await peer.ask(pieceKind, { loan, from, to }, Math.min(askMs, leftMs));
      if (!(piece instanceof Uint8Array) || piece.length !== to - from)
        throw new LinkError('refused', 'the loan is over');
      targets.fill(piece);
    }
    return wanted.map(([id, expiresAt, , inputBytes], index) => ({
      id,
      expiresAt,
      log: targets.arrays[2 * index] ?? noInput,
      input: inputBytes === 0 ? noInput : (targets.arrays[2 * index + 1] ?? noInput),
    }));
  } finally {
    if (loan > 0) peer.tell(doneKind, { loan });
  }
}
