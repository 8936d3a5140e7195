/** A defect of the predecessor, as the changes that put it back into this code. */

export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** Stands in that file once. */
  readonly find: string;
  readonly put: string;
}

export interface Defect {
  /** The row that says what must not be. */
  readonly row: string;
  /** What the predecessor did. */
  readonly did: string;
  readonly edits: readonly Edit[];
}
