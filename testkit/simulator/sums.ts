/** What a simulation has done, in numbers that add up over its episodes. */

export class Sums {
  responses = 0;
  deaths = 0;
  virtualMs = 0;
  letters = 0;
  concurrentMax = 0;
  readonly outcomes = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly anomalies = new Map<string, number>();
  readonly states = new Set<string>();

  static count(into: Map<string, number>, name: string, many = 1): void {
    into.set(name, (into.get(name) ?? 0) + many);
  }

  get faultsTotal(): number {
    return [...this.faults.values()].reduce((sum, many) => sum + many, 0);
  }

  add(other: Sums): void {
    this.responses += other.responses;
    this.deaths += other.deaths;
    this.virtualMs += other.virtualMs;
    this.letters += other.letters;
    this.concurrentMax = Math.max(this.concurrentMax, other.concurrentMax);
    for (const [name, many] of other.outcomes) Sums.count(this.outcomes, name, many);
    for (const [name, many] of other.faults) Sums.count(this.faults, name, many);
    for (const [name, many] of other.anomalies) Sums.count(this.anomalies, name, many);
    for (const state of other.states) this.states.add(state);
  }
}
