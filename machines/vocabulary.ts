/**
 * Every state handles or explicitly ignores every event of its vocabulary; what it does neither with is a bug, which the
 * root of each machine reports as `bug.report`. These helpers are how a state says "ignored" and "only for my lease".
 */

/** Transitions that do nothing, for events that may arrive in a state and mean nothing there. */
export const ignored = <const T extends string>(...types: readonly T[]): { [K in T]: object } =>
  Object.fromEntries(types.map((type) => [type, {}])) as { [K in T]: object };

/** A transition taken only when `guard` holds; otherwise the event is ignored here and does not reach the parent. */
export const only = <const G extends string, const T extends object>(guard: G, transition: T) =>
  [{ guard, ...transition }, {}] as const;
