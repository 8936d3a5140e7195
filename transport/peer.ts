/**
 * Request and reply over a link. Invariants: an ask ends once, with the reply, or with a `LinkError` by its deadline at the latest;
 * asks under way have a limit in both directions; replies wait while the pipe is full, so whoever asks for much does not break it; what the
 * other end sends ends no process: nonsense is refused or ignored.
 */

import type { Frame, Link, Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import { LinkError } from './frames.ts';

export interface PeerOptions {
  readonly link: Link;
  readonly clock: Clock;
  /** A handler threw: the other end is refused, and hears nothing of why. */
  readonly failed?: (kind: string, error: unknown) => void;
  readonly deadlineMs?: number;
  /** Asks under way, ours and theirs each. */
  readonly asksMax?: number;
}

/** Other kinds on the same link are not the peer's. */
const kinds = { ask: 'ask ', tell: 'tell ', reply: 'reply', refusal: 'refusal' } as const;

interface Asked {
  readonly settle: (reply: unknown) => void;
  readonly fail: (error: LinkError) => void;
}

interface Reply {
  readonly seq: number;
  /** Null: refused. */
  readonly taken: { readonly reply: unknown } | null;
}

export class LinkPeer implements Peer {
  readonly #options: Required<PeerOptions>;
  readonly #handlers = new Map<string, (payload: unknown) => unknown>();
  readonly #asked = new Map<number, Asked>();
  /** What was asked and is not replied to: being answered, or among those that wait. */
  #answering = 0;
  readonly #replies: Reply[] = [];
  #full = false;
  #seq = 0;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#options = { failed: () => {}, deadlineMs: 5_000, asksMax: 1_024, ...options };
    const { link } = options;
    link.onFrame((frame) => this.#hear(frame));
    link.onDrained(() => this.#drained());
    link.onClosed((reason) => {
      this.#closed = true;
      this.#replies.length = 0;
      for (const { fail } of [...this.#asked.values()]) fail(new LinkError('closed', reason));
    });
  }

  ask(kind: string, payload: unknown, deadlineMs = this.#options.deadlineMs): Promise<unknown> {
    const { clock, asksMax } = this.#options;
    if (this.#closed) return Promise.reject(new LinkError('closed'));
    if (this.#asked.size >= asksMax) return Promise.reject(new LinkError('refused', `${asksMax} asks are under way`));
    this.#seq += 1;
    const seq = this.#seq;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        cancel();
        this.#asked.delete(seq);
      };
      const fail = (error: LinkError): void => {
        over();
        reject(error);
      };
      const cancel = clock.schedule(deadlineMs, () =>
        fail(new LinkError('timeout', `${kind}: no reply in ${deadlineMs} ms`)),
      );
      const settle = (reply: unknown): void => {
        over();
        resolve(reply);
      };
      this.#asked.set(seq, { settle, fail });
      try {
        this.#put([1, `${kinds.ask}${kind}`, '', 0, seq, payload]);
      } catch (error) {
        fail(error instanceof LinkError ? error : new LinkError('refused', `${kind}: it cannot be sent`));
      }
    });
  }

  tell(kind: string, payload: unknown): boolean {
    try {
      return this.#put([1, `${kinds.tell}${kind}`, '', 0, 0, payload]);
    } catch (error) {
      this.#options.failed(kind, error);
      return true;
    }
  }

  onDrained(resume: () => void): void {
    this.#options.link.onDrained(resume);
  }

  answer(kind: string, handler: (payload: unknown) => unknown): void {
    if (this.#handlers.has(kind)) throw new Error(`peer: ${kind} is answered already`);
    this.#handlers.set(kind, handler);
  }

  #hear([, kind, , , seq, payload]: Frame): void {
    if (kind === kinds.reply) this.#asked.get(seq)?.settle(payload);
    else if (kind === kinds.refusal) this.#asked.get(seq)?.fail(new LinkError('refused'));
    else if (kind.startsWith(kinds.ask)) void this.#answer(kind.slice(kinds.ask.length), seq, payload);
    else if (kind.startsWith(kinds.tell)) void this.#take(kind.slice(kinds.tell.length), payload);
  }

  async #answer(kind: string, seq: number, payload: unknown): Promise<void> {
    if (this.#answering >= this.#options.asksMax) {
      this.#send(kinds.refusal, seq, null);
      return;
    }
    this.#answering += 1;
    const taken = await this.#take(kind, payload);
    if (this.#full && !this.#closed) this.#replies.push({ seq, taken });
    else this.#reply({ seq, taken });
  }

  #reply({ seq, taken }: Reply): void {
    this.#answering -= 1;
    if (taken === null || !this.#send(kinds.reply, seq, taken.reply)) this.#send(kinds.refusal, seq, null);
  }

  #drained(): void {
    this.#full = false;
    while (!this.#full) {
      const next = this.#replies.shift();
      if (next === undefined) return;
      this.#reply(next);
    }
  }

  /** Null: refused. */
  async #take(kind: string, payload: unknown): Promise<{ readonly reply: unknown } | null> {
    const handler = this.#handlers.get(kind);
    if (handler === undefined) return null;
    try {
      return { reply: await handler(payload) };
    } catch (error) {
      this.#options.failed(kind, error);
      return null;
    }
  }

  /** False: it is too large to be sent, or nothing that can be. */
  #send(kind: string, seq: number, payload: unknown): boolean {
    try {
      this.#put([1, kind, '', 0, seq, payload]);
      return true;
    } catch (error) {
      this.#options.failed(kind, error);
      return false;
    }
  }

  /** Throws when it is too large, or nothing that can be sent. */
  #put(frame: Frame): boolean {
    const room = this.#options.link.send(frame);
    this.#full = !room;
    return room;
  }
}
