/**
 * The responses of the other nodes of this host. What is asked for is what the node that has it answers, at one moment of its own;
 * only that node says that there is none. Invariant: whoever asks hears the answer, or `unreachable`, within a bounded time.
 */

import type { LogRecord } from './log-record.ts';
import type { Kept } from './store.ts';

/** Its node does not answer: what there is cannot be told, and another try may help. */
export type Reached<T> = T | 'unreachable';

/** Bounds of what is fetched. */
export interface Loan {
  /** With more than that before it, a response comes alone, with the number and the size of all. */
  readonly responsesMax: number;
  readonly bytesMax: number;
  /** Told each number of bytes before they are fetched; may throw, which ends it. */
  readonly take: (bytes: number) => void;
}

export interface Elsewhere {
  /** If there is a response of that id which is not here, it is at another node. */
  holds(id: string): boolean;
  /** As it is now. */
  read(owner: string, id: string, loan: Loan): Promise<Reached<LogRecord | null>>;
  /** A response that is over, without what came before it. */
  single(owner: string, id: string, loan: Loan): Promise<Reached<Kept | 'running' | null>>;
  /** To go on from. */
  find(owner: string, id: string, loan: Loan): Promise<Reached<Kept | 'running' | null>>;
  /** False: there was none. */
  delete(owner: string, id: string): Promise<Reached<boolean>>;
  /** True: no other node has given that name, or will; it is the caller's. False: it was given before. */
  claim(name: string): Promise<Reached<boolean>>;
}
