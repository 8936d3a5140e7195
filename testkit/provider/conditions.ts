// Lets a test wait for a fact about the provider without polling or sleeping.
// Invariant: every `until` settles: when its predicate holds after some change, at its deadline, or on `close`.

type Waiter = { readonly test: () => void; readonly fail: (reason: Error) => void };

export type UntilOptions = {
  readonly timeoutMs?: number;
  /** Named in the error of a missed deadline; by default the source of the predicate. */
  readonly what?: string;
};

export class Conditions {
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  /** Something changed: each waiting predicate is asked again. */
  changed(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of [...this.#waiters]) waiter.test();
  }

  /** Resolves with the first truthy value of the predicate. */
  until<T>(predicate: () => T, options: UntilOptions = {}): Promise<NonNullable<T>> {
    const { timeoutMs = 10_000, what = predicate.toString().slice(0, 200) } = options;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        finish();
      };
      const waiter: Waiter = {
        test: () => {
          try {
            const value = predicate();
            if (value) settle(() => resolve(value));
          } catch (cause) {
            waiter.fail(new Error(`predicate failed: ${what}`, { cause }));
          }
        },
        fail: (reason) => settle(() => reject(reason)),
      };
      const timer = setTimeout(() => waiter.fail(new Error(`not within ${timeoutMs} ms: ${what}`)), timeoutMs);
      this.#waiters.add(waiter);
      waiter.test();
      if (this.#closed) waiter.fail(new Error(`provider closed while waiting: ${what}`));
    });
  }

  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.fail(new Error('provider closed while waiting'));
  }
}
