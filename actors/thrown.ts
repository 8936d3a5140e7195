/** Anything can be thrown; whoever reports it wants an error. */

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
