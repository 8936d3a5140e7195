/** A defect of the predecessor, as the change that puts it back into this code. */

export interface Defect {
  /** The row that says what must not be. */
  readonly row: string;
  /** From the root of the project. */
  readonly file: string;
  /** Stands in that file once. */
  readonly find: string;
  readonly put: string;
}
