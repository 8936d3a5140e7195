/**
 * Many small questions of one kind, in few messages: the first goes at once, and what comes while it is under way goes together with
 * the next. Invariants: one message is under way at a time; each question is answered, or rejected with all of its message.
 */

interface Question {
  readonly payload: unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export const batchMax = 1_000;

export class BatchedAsk {
  /** Resolves with as many replies as it is given questions. */
  readonly #send: (payloads: readonly unknown[]) => Promise<readonly unknown[]>;
  readonly #waiting: Question[] = [];
  #underWay = false;

  constructor(send: (payloads: readonly unknown[]) => Promise<readonly unknown[]>) {
    this.#send = send;
  }

  ask(payload: unknown): Promise<unknown> {
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
        for (const { reject } of batch) reject(error);
      }
    }
    this.#underWay = false;
  }
}
