/**
 * The truth about token counts: each sampling once, by its last word; of an answer that was cut, the running total.
 * Where nobody tells, nobody knows, and what the gateway says is its estimate.
 */

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

const plus = (a: Tokens | null, b: Tokens): Tokens => ({
  input: (a?.input ?? 0) + b.input,
  output: (a?.output ?? 0) + b.output,
  cached: (a?.cached ?? 0) + b.cached,
  reasoning: (a?.reasoning ?? 0) + b.reasoning,
});

export class Ledger {
  readonly #samplings = new Map<string, Tokens>();
  /** Of a sampling whose totals the fake has not told yet. */
  #unsettled: Tokens | null = null;
  #thread: Tokens | null = null;
  #total: Tokens | null = null;

  /** `heard`: the word about it was not lost. */
  sampled(name: string, usage: Tokens | null, heard: boolean): void {
    this.#unsettled = usage;
    if (heard && usage !== null) this.#samplings.set(name, usage);
  }

  settled(): void {
    if (this.#unsettled !== null) {
      this.#thread = plus(this.#thread, this.#unsettled);
      this.#total = this.#thread;
    }
    this.#unsettled = null;
  }

  observed(total: Tokens): void {
    this.#total = total;
  }

  /** Null: nobody knows. */
  of(cut: boolean): Tokens | null {
    const sampled = [...this.#samplings.values()].reduce<Tokens | null>(plus, null);
    return cut ? (sampled ?? this.#total) : sampled;
  }
}

/** Whether these can be an estimate of an answer in which so many characters could be seen. */
export const isEstimate = ({ input, output, cached, reasoning }: Tokens, chars: number): boolean =>
  input >= 1 && output >= Math.max(1, Math.ceil(chars / 4)) && cached === 0 && reasoning === 0;
