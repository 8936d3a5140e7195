/**
 * The two ways in which an operator script ends badly. Invariant: a refusal is thrown before anything has been done, so that
 * whoever sees exit code 2 knows that nothing has changed.
 */

/** What was asked cannot be done as it was asked: arguments, variables, files that are missing. Exit code 2. */
export class Refusal extends Error {}

/** Something that was tried has failed. Exit code 1. */
export class Failure extends Error {}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
