/** The seam between the supervisor of a host's nodes and the processes that they are. */

/** What is said about the process of a node. */
export type NodeFact =
  | { readonly type: 'spawned'; readonly pid: number }
  /** It takes requests. */
  | { readonly type: 'listening' }
  /** It ends because somebody told it to, not we: it is replaced, and that is no failure. */
  | { readonly type: 'leaving' }
  | { readonly type: 'pulse.lost'; readonly reason: string }
  /** The last fact of a process. */
  | {
      readonly type: 'exited';
      readonly code: number | null;
      readonly signal: string | null;
      readonly reason: string;
    };

export interface NodeProcess {
  /** To take no more requests, to answer those that it has, and to end. */
  ask(): void;
  kill(): void;
}

export interface NodeLauncher {
  /** Starts a process; `tell` is never called from within. Whatever prevents a start is an exit. */
  launch(node: number, epoch: number, tell: (fact: NodeFact) => void): NodeProcess;
}
