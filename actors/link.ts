/**
 * How the nodes of one host talk, as interfaces: a link is one end of an ordered pipe of frames, a peer asks and is asked
 * over it. Invariant: whatever the other end does, a link at worst closes, with a reason; nothing is thrown across it.
 */

/** `response`, `epoch` and `seq` are for those who send what belongs to a response; '' and 0 where they mean nothing. */
export type Frame = readonly [version: 1, kind: string, response: string, epoch: number, seq: number, payload: unknown];

export interface Link {
  /**
   * False: the pipe holds enough; wait for `onDrained`. The frame was taken in any case, except on a closed link, where it is gone.
   * Throws, with the fault `refused`, when the frame is larger than one may be: pieces are for the sender to make.
   */
  send(frame: Frame): boolean;
  /** Everybody who listens hears every frame, in order. */
  onFrame(hear: (frame: Frame) => void): void;
  onDrained(resume: () => void): void;
  /** Called once for each listener, at once if the link is closed already. */
  onClosed(closed: (reason: string) => void): void;
  close(): void;
}

export type LinkFault = 'closed' | 'timeout' | 'refused';

/** Of the error with which an `ask` that comes to nothing rejects, and a frame that is too large is refused; null: it is another. */
export const linkFaultOf = (error: unknown): LinkFault | null => {
  const fault: unknown = error instanceof Error && 'fault' in error ? error.fault : null;
  return fault === 'closed' || fault === 'timeout' || fault === 'refused' ? fault : null;
};

export interface Peer {
  /** Rejects with an error that has a `LinkFault`. What it resolves with comes from another process: it is for the caller to validate. */
  ask(kind: string, payload: unknown, deadlineMs?: number): Promise<unknown>;
  /** At most once: lost when the link closes, or when it is too large. False: the pipe holds enough; whoever tells much waits for `onDrained`. */
  tell(kind: string, payload: unknown): boolean;
  onDrained(resume: () => void): void;
  /** One handler for each kind, for asks and tells; it may answer later. One that throws, or rejects, refuses. */
  answer(kind: string, handler: (payload: unknown) => unknown): void;
}

/** The host as one of its nodes sees it. */
export interface Neighbours {
  /** From 0. */
  readonly self: number;
  /** To the parent, which owns what is one for the host. */
  readonly parent: Link;
  /** To another node, through the parent; null while it is not up. One that fell and rose again has a new link. */
  link(node: number): Link | null;
  /** `link` is up now, and new. Called at once for those that are up already. */
  onUp(risen: (node: number, link: Link) => void): void;
}
