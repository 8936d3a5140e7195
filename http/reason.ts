/** What the journal tells of an error: where it happened, and nothing that a message might quote from a request. */

export const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.name} ${
        error.stack
          ?.split('\n')
          .find((line) => /^\s+at /.test(line))
          ?.trim() ?? ''
      }`
    : typeof error;
