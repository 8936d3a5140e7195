// Where streams wait for the test: pauses by key and named barriers.
// Invariant: a pause ends by `resume`, a barrier by `release` or when `of` streams wait at it; both end at once when the
// waiting stream's signal aborts, and `reset` opens everything, so nothing waits for ever.

type Gate = { open: boolean; readonly waiting: Set<() => void> };

export class Gates {
  readonly #paused = new Map<string, Gate>();
  readonly #barriers = new Map<string, Gate>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Holds every stream of this key before its next step. */
  pause(key: string): void {
    if (!this.#paused.has(key)) this.#paused.set(key, { open: false, waiting: new Set() });
  }

  resume(key: string): void {
    const gate = this.#paused.get(key);
    this.#paused.delete(key);
    if (gate !== undefined) this.#free(gate);
  }

  /** Opens a barrier for those who wait and for all who come later, until `reset`. */
  release(name: string): void {
    this.#free(this.#barrier(name));
  }

  /** How many streams wait at a barrier. */
  waiting(name: string): number {
    return this.#barriers.get(name)?.waiting.size ?? 0;
  }

  /** How many streams of a paused key have stopped. */
  stopped(key: string): number {
    return this.#paused.get(key)?.waiting.size ?? 0;
  }

  reset(): void {
    const gates = [...this.#paused.values(), ...this.#barriers.values()];
    this.#paused.clear();
    this.#barriers.clear();
    for (const gate of gates) this.#free(gate);
  }

  /** Resolves when the key is not paused; undefined, without a promise, when it is not paused now. */
  passPause(key: string, signal: AbortSignal): Promise<void> | undefined {
    const gate = this.#paused.get(key);
    return gate === undefined ? undefined : this.#wait(gate, signal);
  }

  passBarrier(name: string, of: number | undefined, signal: AbortSignal): Promise<void> | undefined {
    const gate = this.#barrier(name);
    if (gate.open) return undefined;
    if (of !== undefined && gate.waiting.size + 1 >= of) {
      this.#free(gate);
      return undefined;
    }
    return this.#wait(gate, signal);
  }

  #barrier(name: string): Gate {
    const known = this.#barriers.get(name);
    if (known !== undefined) return known;
    const gate: Gate = { open: false, waiting: new Set() };
    this.#barriers.set(name, gate);
    return gate;
  }

  #free(gate: Gate): void {
    gate.open = true;
    for (const go of gate.waiting) go();
    this.#changed();
  }

  #wait(gate: Gate, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        gate.waiting.delete(go);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', go);
      gate.waiting.add(go);
      this.#changed();
    });
  }
}
