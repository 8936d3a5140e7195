/**
 * The names by which machines speak of each other: branded, so that a response id can never stand where a slot is meant.
 * A lease is the right of one response to use one turn of one worker process; its epoch tells that process from the ones
 * that had the slot before, so anything said about a lease of a dead process is recognised and ignored.
 */

/** `resp_` and at least 24 characters of `[A-Za-z0-9_-]`, unique over all nodes. */
export type ResponseId = string & { readonly brand: 'ResponseId' };

/** Index of a worker slot, 0 to `workerCount - 1`. */
export type Slot = number & { readonly brand: 'Slot' };

/** Counts the processes of one slot, from 1. */
export type Epoch = number & { readonly brand: 'Epoch' };

export interface Lease {
  readonly slot: Slot;
  readonly epoch: Epoch;
}

export const sameLease = (a: Lease | null, b: Lease): boolean => a !== null && a.slot === b.slot && a.epoch === b.epoch;
