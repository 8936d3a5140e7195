/**
 * The three requests by which a turn begins: a thread, the conversation, the turn. The last two leave in one write, because the CLI
 * takes them in order (`docs/adr/0018-the-turn-starts-behind-its-conversation.md`). Invariants: what is said of the turn waits until
 * the conversation is known to have arrived, and is dropped when it was refused; of what was refused the first is told.
 */

import type { Turn } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Failure } from '../machines/outcome.ts';
import { member } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { Powers } from './powers.ts';
import type { RpcPeer } from './rpc.ts';
import { overloaded, type RpcCall, type RpcFailure, type RpcReply } from './rpc-request.ts';
import { imageCount, injectItems, isStarved, stepFailure, threadStart, turnStart } from './steps.ts';

export interface OpeningOptions {
  readonly rpc: RpcPeer;
  readonly limits: TransportLimits;
  readonly powers: Powers;
  readonly worn: (reason: string) => void;
}

/** Whom it serves. */
export interface Opener {
  readonly response: ResponseId;
  /** The turn is sent together with its conversation; otherwise when that has arrived. */
  readonly together: boolean;
  /** False: nobody wants the thread any more. */
  opened(threadId: string): boolean;
  accepted(turnId: string | null): void;
  failed(failure: Failure): void;
  /** The worker had no time for the conversation, and maybe for the turn behind it: that one must not go on. */
  crowded(turn: Turn): void;
  /** The thread came to life after it had been given up. */
  late(threadId: string): void;
}

/** More than a turn says while an answer that was written before is on its way. */
const heldMax = 4_096;

const threadIdOf = (result: unknown): string | null => {
  const id = member(member(result, 'thread'), 'id');
  return typeof id === 'string' ? id : null;
};

export class Opening {
  readonly #options: OpeningOptions;
  readonly #opener: Opener;
  /** The requests that are not answered yet. */
  #thread: RpcCall | null = null;
  #injection: RpcCall | null = null;
  #start: RpcCall | null = null;
  /** What came before the answer to the injection. */
  #held: (() => void)[] | null = null;
  #refused = false;
  #givenUp = false;
  /** `turn/start` has been sent: the provider may be working. */
  started = false;

  constructor(options: OpeningOptions, opener: Opener) {
    this.#options = options;
    this.#opener = opener;
  }

  /** It is not known yet whether there is a thread. */
  get awaitsThread(): boolean {
    return this.#thread !== null;
  }

  begin(turn: Turn): void {
    this.#thread = this.#request('thread/start', threadStart(turn, this.#options.powers), {
      settle: (reply) => {
        this.#thread = null;
        if (reply.ok) this.#opened(reply.result, turn);
        else this.#fail('thread/start', reply.failure);
      },
      late: (result) => {
        const id = threadIdOf(result);
        if (id !== null) this.#opener.late(id);
      },
    });
  }

  /** The turn is given up: what has not been sent never will be, and nothing waits any more. */
  cancel(): void {
    this.#givenUp = true;
    if (this.#thread?.cancel() === true) this.#thread = null;
    this.#injection?.cancel();
    if (this.#start?.cancel() === true) this.#drop();
    this.#release();
  }

  /** It is not known that the conversation has arrived: whatever is said of the turn is for `hold`. */
  get isHolding(): boolean {
    return this.#injection !== null || this.#refused;
  }

  /** It will be done when the conversation has arrived, or never. */
  hold(act: () => void): void {
    if (this.#refused) return;
    this.#held ??= [];
    if (this.#held.length < heldMax) this.#held.push(act);
    else this.#refuse({ code: 'worker_error' });
  }

  #opened(result: unknown, turn: Turn): void {
    const threadId = threadIdOf(result);
    if (threadId === null) return this.#opener.failed({ code: 'worker_error' });
    if (!this.#opener.opened(threadId)) return;
    const { limits, powers } = this.#options;
    const { together } = this.#opener;
    const deadlineMs = limits.stepMs + imageCount(turn) * limits.stepMsPerImage;
    this.#injection = this.#request('thread/inject_items', injectItems(threadId, turn, powers), {
      deadlineMs,
      // Behind the turn it would be too late.
      retry: !together,
      settle: (reply) => {
        if (reply.ok && !together && !this.#givenUp) this.#launch(threadId, turn);
        // Also of a turn that nobody wants any more: it has a place in flight.
        this.#start?.limit(limits.stepMs);
        const isCrowded = !reply.ok && reply.failure.kind === 'refused' && reply.failure.code === overloaded;
        if (!isCrowded || this.#refused) return this.#injected(reply);
        if (this.#start?.cancel() === true) this.#drop();
        this.#opener.crowded(turn);
      },
    });
    // It is small, and might find room where its conversation has not.
    if (together && this.#injection.hasRoom) this.#launch(threadId, turn);
  }

  #launch(threadId: string, turn: Turn): void {
    this.started = true;
    // Its time begins when it is its turn.
    this.#start = this.#request('turn/start', turnStart(threadId, turn), {
      deadlineMs: null,
      settle: (reply) => {
        this.#start = null;
        if (this.isHolding) this.hold(() => this.#answered(reply));
        else this.#answered(reply);
      },
    });
  }

  #injected(reply: RpcReply): void {
    if (reply.ok) this.#release();
    else if (!this.#refused) this.#refuse(this.#failure('thread/inject_items', reply.failure));
  }

  #release(): void {
    const held = this.#held;
    this.#injection = null;
    this.#held = null;
    if (held !== null) for (const act of held) act();
  }

  #answered(reply: RpcReply): void {
    if (!reply.ok) return this.#fail('turn/start', reply.failure);
    const turnId = member(member(reply.result, 'turn'), 'id');
    this.#opener.accepted(typeof turnId === 'string' ? turnId : null);
  }

  /** The turn may run all the same, on nothing: it is for the opener to end it. */
  #refuse(failure: Failure): void {
    this.#refused = true;
    this.#held = null;
    if (this.#start?.cancel() === true) this.#drop();
    this.#opener.failed(failure);
  }

  #drop(): void {
    this.#start = null;
    this.started = false;
  }

  #fail(method: string, failure: RpcFailure): void {
    this.#opener.failed(this.#failure(method, failure));
  }

  #failure(method: string, failure: RpcFailure): Failure {
    // It refuses at once, so it is the least loaded, and every request would go there.
    if (isStarved(failure)) this.#options.worn(`${method} failed for want of resources`);
    return stepFailure(method, failure);
  }

  #request(
    method: string,
    params: unknown,
    more: Pick<Parameters<RpcPeer['request']>[0], 'settle' | 'late' | 'retry'> & {
      readonly deadlineMs?: number | null;
    },
  ): RpcCall {
    const { limits, rpc } = this.#options;
    return rpc.request({
      method,
      params,
      response: this.#opener.response,
      deadlineMs: limits.stepMs,
      msPerMegabyte: limits.stepMsPerMegabyte,
      ...more,
    });
  }
}
