/**
 * What one turn of the fake does, as data: a list of steps that the turn plays in order. A step is one thing that the
 * real process was seen to do, or a fault that a client must survive. Invariant: steps hold no functions and no time,
 * so that a script can be generated, printed and shrunk.
 */
import type { Json, JsonObject, Refusal, TurnError } from './lines.ts';
import type { Usage } from './usage.ts';

export type Step =
  /** `item/started` of a message; `text` is what the real CLI puts there when the provider never announced the item. */
  | { readonly do: 'open'; readonly id?: string; readonly phase?: string; readonly text?: string }
  | { readonly do: 'delta'; readonly text: string }
  /** Many equal deltas; `everyMs` 0 writes them as fast as it can, `jitter` spreads the pause between 0 and twice. */
  | {
      readonly do: 'burst';
      readonly deltas: number;
      readonly bytes: number;
      readonly everyMs: number;
      readonly jitter?: boolean;
    }
  /** `item/completed` and the raw item; `text` overrides the sum of the deltas, `item` or `raw` false leaves one out. */
  | {
      readonly do: 'close';
      readonly text?: string;
      readonly content?: readonly Json[];
      readonly item?: boolean;
      readonly raw?: boolean;
      /** Of the item itself; the real CLI has none. */
      readonly metadata?: JsonObject;
    }
  | { readonly do: 'reason'; readonly id?: string }
  | { readonly do: 'part' }
  | { readonly do: 'summary'; readonly text: string }
  | { readonly do: 'thought'; readonly text: string }
  | { readonly do: 'reasoned'; readonly encrypted: string | null }
  | {
      readonly do: 'call';
      readonly name: string;
      readonly arguments: string;
      readonly id?: string;
      readonly callId?: string;
      readonly namespace?: string;
      readonly custom?: boolean;
    }
  | { readonly do: 'search'; readonly query: string; readonly id?: string }
  | { readonly do: 'raw'; readonly item: JsonObject }
  /** The end of one sampling: `rawResponse/completed`; the tool calls go out around it. */
  | { readonly do: 'sampled'; readonly usage: Usage | null; readonly metadata?: JsonObject; readonly id?: string }
  /** Waits for the answers to the calls, then the totals; after calls a new sampling replaces the rest of the script. */
  | { readonly do: 'settle' }
  /** `thread/tokenUsage/updated` by itself; `last` zero as after a length limit, or both invented. */
  | { readonly do: 'usage'; readonly usage: Usage; readonly last: 'same' | 'zero'; readonly invented?: number }
  | { readonly do: 'limits' }
  /** What the next `limits` say of the two windows. */
  | { readonly do: 'windows'; readonly primary: JsonObject | null; readonly secondary: JsonObject | null }
  /** A message of the harness itself, as after a content filter. */
  | { readonly do: 'guide'; readonly text: string; readonly kind: string }
  | {
      readonly do: 'notify';
      readonly method: string;
      readonly params: JsonObject;
      readonly scope: 'turn' | 'thread' | 'none';
    }
  | { readonly do: 'ask'; readonly method: string; readonly params: JsonObject; readonly id?: number }
  | { readonly do: 'error'; readonly error: TurnError; readonly retry: boolean }
  | { readonly do: 'complete'; readonly status: 'completed' | 'interrupted' }
  | { readonly do: 'complete'; readonly status: 'failed'; readonly error: TurnError }
  /** The turn is gone without a word, as after a refused start. */
  | { readonly do: 'vanish' }
  /** A delta that no rule allows: on a finished turn, a closed, another, an unknown or no thread. */
  | { readonly do: 'stray'; readonly text: string; readonly thread: 'own' | 'other' | 'unknown' | 'none' }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'hang' }
  /** Waits until the key is released from outside; a key that nobody releases is a turn that never ends. */
  | { readonly do: 'barrier'; readonly key: string; readonly of?: number }
  | { readonly do: 'answer'; readonly refusal?: Refusal }
  | { readonly do: 'drop'; readonly lines: number }
  | { readonly do: 'duplicate' }
  /** The next line stops in the middle, without its end. */
  | { readonly do: 'half' }
  /** The next line carries the thread id of another live thread. */
  | { readonly do: 'cross' }
  | { readonly do: 'line'; readonly text: string }
  | { readonly do: 'bytes'; readonly bytes: readonly number[] }
  | { readonly do: 'exit'; readonly code: number | null; readonly signal: string | null }
  | { readonly do: 'closeStdout' };

/** What happens to the next `times` requests of a method instead of their usual answer. */
export interface RequestRule {
  readonly method: string;
  readonly times: number;
  readonly act: 'ignore' | Refusal | { readonly exit: number };
}

export interface Script {
  readonly steps: Iterable<Step>;
  /** `scripted`: the answer to `turn/start` comes from an `answer` step, or never. */
  readonly answer?: 'scripted';
  /** `stuck`: the interrupt is answered, but the turn never ends. */
  readonly interrupt?: 'stuck';
}
