/**
 * Answers the other nodes about the responses of this one. Invariants: what is told is as it was at one moment, when it was asked
 * for; what is held for a borrower is bounded in number, in bytes that are copies, and in time.
 */

import type { Archive } from '../actors/archive.ts';
import type { Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import type { Kept } from '../actors/store.ts';
import {
  claimKind,
  claimSchema,
  deleteKind,
  deleteSchema,
  doneKind,
  doneSchema,
  firstBytes,
  type Label,
  labelsMax,
  lookKind,
  type LookReply,
  lookSchema,
  pieceKind,
  pieceSchema,
  usualPieceBytes,
  type Want,
} from './lending.ts';
import { packLog } from './pack.ts';

/** What is lent at a time; a borrower that is silent for so long is gone. */
const loansMax = 256;
const copiedBytesMax = 134_217_728;
const silenceMs = 10_000;

interface Lent {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** Of them, those that only the loan holds. */
  readonly copiedBytes: number;
  stopTimer: () => void;
}

interface Offer {
  readonly labels: readonly Label[];
  readonly pieces: readonly Uint8Array[];
  readonly count: number;
  readonly chainBytes: number;
  readonly copiedBytes: number;
}

export interface LenderOptions {
  readonly clock: Clock;
  readonly archive: (owner: string) => Archive | null;
  /** False: that name was given before. */
  readonly claim: (name: string) => boolean;
  readonly pieceBytes?: number;
}

const keptOffer = (newest: Kept, want: Want): Offer => {
  const labels: Label[] = [];
  const pieces: Uint8Array[] = [];
  for (let kept: Kept | null = newest; kept !== null && labels.length < labelsMax; kept = kept.previous) {
    const { id, expiresAt, input, log } = kept.packed();
    const own = want === 'chain' ? [log, input] : [log];
    labels.push([id, expiresAt, log.length, want === 'chain' ? input.length : 0]);
    pieces.push(...own);
    if (want !== 'chain') break;
  }
  return { labels, pieces, count: newest.count, chainBytes: newest.bytes, copiedBytes: 0 };
};

const runningOffer = (archive: Archive, id: string): Offer | null => {
  const log = archive.read(id);
  if (log === null) return null;
  const packed = packLog(log.toRecord());
  const { length } = packed;
  return { labels: [[id, 0, length, 0]], pieces: [packed], count: 1, chainBytes: length, copiedBytes: length };
};

/** A part of what the pieces are together. */
const partOf = (pieces: readonly Uint8Array[], from: number, to: number): Uint8Array => {
  const part = new Uint8Array(to - from);
  let start = 0;
  for (const piece of pieces) {
    const [first, last] = [Math.max(from, start), Math.min(to, start + piece.length)];
    if (first < last) part.set(piece.subarray(first - start, last - start), first - from);
    start += piece.length;
  }
  return part;
};

export class Lender {
  readonly #options: Required<LenderOptions>;
  readonly #lent = new Map<number, Lent>();
  #copiedBytes = 0;
  #loans = 0;

  constructor(options: LenderOptions) {
    this.#options = { pieceBytes: usualPieceBytes, ...options };
  }

  /** Loans that are not over. */
  get open(): number {
    return this.#lent.size;
  }

  /** Answers another node; an exception in here refuses its question. */
  serve(peer: Peer): void {
    peer.answer(lookKind, (payload) => this.#look(payload));
    peer.answer(pieceKind, (payload) => this.#piece(payload));
    peer.answer(doneKind, (payload) => this.#close(doneSchema.parse(payload).loan));
    peer.answer(deleteKind, (payload) => {
      const { owner, id } = deleteSchema.parse(payload);
      return this.#options.archive(owner)?.delete(id) ?? false;
    });
    peer.answer(claimKind, (payload) => this.#options.claim(claimSchema.parse(payload).name));
  }

  #look(payload: unknown): LookReply {
    const { owner, id, want } = lookSchema.parse(payload);
    const archive = this.#options.archive(owner);
    const kept = archive?.find(id) ?? null;
    if (archive === null || kept === null) return null;
    if (kept === 'running' && want !== 'now') return kept;
    const offer = kept === 'running' ? runningOffer(archive, id) : keptOffer(kept, want);
    if (offer === null) return null;
    const { labels, pieces, count, chainBytes } = offer;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    const first = partOf(pieces, 0, Math.min(bytes, firstBytes, this.#options.pieceBytes));
    const loan = bytes > first.length ? this.#lend(offer, bytes) : 0;
    return { loan, count, chainBytes, labels: labels.map((label) => [...label]), bytes: first };
  }

  #lend({ pieces, copiedBytes }: Offer, bytes: number): number {
    if (this.#lent.size >= loansMax || this.#copiedBytes + copiedBytes > copiedBytesMax) {
      throw new Error('too much is lent to other nodes');
    }
    this.#loans += 1;
    this.#copiedBytes += copiedBytes;
    const lent: Lent = { pieces, bytes, copiedBytes, stopTimer: () => {} };
    this.#lent.set(this.#loans, lent);
    this.#rearm(this.#loans, lent);
    return this.#loans;
  }

  #rearm(loan: number, lent: Lent): void {
    lent.stopTimer();
    lent.stopTimer = this.#options.clock.schedule(silenceMs, () => this.#close(loan));
  }

  /** Null: the loan is over. */
  #piece(payload: unknown): Uint8Array | null {
    const { loan, from, to } = pieceSchema.parse(payload);
    const lent = this.#lent.get(loan);
    if (lent === undefined || to > lent.bytes || to - from > this.#options.pieceBytes || from >= to) return null;
    this.#rearm(loan, lent);
    const part = partOf(lent.pieces, from, to);
    if (to === lent.bytes) this.#close(loan);
    return part;
  }

  #close(loan: number): null {
    const lent = this.#lent.get(loan);
    if (lent !== undefined) {
      lent.stopTimer();
      this.#lent.delete(loan);
      this.#copiedBytes -= lent.copiedBytes;
    }
    return null;
  }
}
