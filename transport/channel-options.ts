/** What a channel to one worker process is given, and what it tells beside its output and its facts. */

import type { Clock, Ids, Journal } from '../actors/seams.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { LoginFlow } from './account.ts';
import type { Count } from './counters.ts';
import type { TransportLimits } from './limits.ts';
import type { Powers } from './powers.ts';
import type { StderrJournal } from './stderr.ts';

export interface ChannelOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly journal: Journal;
  readonly limits: TransportLimits;
  readonly count: Count;
  readonly stderr: StderrJournal;
  /** The CLI's own sign-in is what the provider asks for. */
  readonly signsIn: boolean;
  /** Otherwise the operator's key for the provider, if there is one. */
  readonly key?: string | undefined;
  readonly powers: Powers;
  /** How a person who signs in does it. */
  readonly loginFlow: LoginFlow;
  readonly stateBytes: () => Promise<number>;
  /** What the CLI calls a response. */
  readonly bound?: (response: ResponseId, threadId: string, turnId: string | null, upstreamId: string | null) => void;
  /** A request of JSON-RPC is about to be sent for a response. */
  readonly sent?: (id: number, response: ResponseId) => void;
  /** Whether somebody wants to see the lines; absent: whoever there is. */
  readonly watched?: () => boolean;
  /** Each line of JSON-RPC; `text` is made only for those who want it. */
  readonly line?: (direction: 'in' | 'out', text: () => string) => void;
  /** The process is gone and everything it said was emitted. */
  readonly exited: () => void;
}
