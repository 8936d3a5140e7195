/**
 * Many small questions of one kind, in few messages: the first goes at once, and what comes while it is under way goes together with
 * the next. Invariants: one message is under way at a time; each question is answered, or rejected; whoever waits behind a message that
 * came to nothing waits no longer; those who wait have a bound.
 */

interface Question {
  readonly payload: unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export const batchMax = 1_000;
export const waitingMax = 16_384;

export class BatchedAsk {
  /** Resolves with as many replies as it is given questions. */
  readonly #send: (payloads: readonly unknown[]) => Promise<readonly unknown[]>;
  readonly #waiting: Question[] = [];
  #underWay = false;

  constructor(send: (payloads: readonly unknown[]) => Promise<readonly unknown[]>) {
    this.#send = send;
  }

  ask(payload: unknown): Promise<unknown> {
    if (this.#waiting.length >= waitingMax) return Promise.reject(new Error(`${waitingMax} questions wait already`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      if (!this.#underWay) void this.#go();
    });
  }

  async #go(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchMax);
      try {
        const replies = await this.#send(batch.map(({ payload }) => payload));
        for (const [index, { resolve }] of batch.entries()) resolve(replies[index]);
      } catch (error) {
        for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#underWay = false;
  }
}
