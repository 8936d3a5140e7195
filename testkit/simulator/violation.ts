/** A broken invariant, with the ones it is about: where its story is found in the trace. */

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly about: readonly string[];

  constructor(invariant: string, what: string, about: readonly string[]) {
    super(`${invariant}: ${what}`);
    this.about = about;
  }
}
