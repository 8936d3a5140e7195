/**
 * What is measured: the gateway, or one of the references in `peers/`. Invariant: a subject runs in a process of its own on the
 * subject's core, and all that it starts, but the shims, stays there.
 */

export interface Running {
  readonly port: number;
  /** Whose CPU and memory count. */
  readonly pids: readonly number[];
  /** The shims behind it, on the other core; they may change as workers are replaced. */
  shims(): readonly number[];
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Rejects when it did not end in order. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Of the subject's own environment; the gateway's variables, for example. */
  readonly env?: Readonly<Record<string, string>>;
  /** For the subject's Node, as in `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
  /** Cores of the gateway, as `taskset` has them; its own one if absent. */
  readonly cores?: string;
  /** Through `deploy/launch.mjs`, as `npm start` does. */
  readonly launched?: boolean;
  /** Another core than the subject's, for what serves a subject. */
  readonly core?: string;
}

export interface Subject {
  readonly name: string;
  /** What of the API it speaks. */
  readonly speaks: readonly Api[];
  start(options?: StartOptions): Promise<Running>;
}

/** `responses` and `chat` with `stream: true`; the `-whole` ones without; `models` is `GET /v1/models`. */
export type Api = 'responses' | 'chat' | 'responses-whole' | 'chat-whole' | 'models';
