/**
 * What is there already, or comes from another process. Invariant: where it is there, whoever wants it goes on at once: one process
 * by itself pays for no promise.
 */

export type Soon<T> = T | Promise<T>;

export const when = <T, R>(soon: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  soon instanceof Promise ? soon.then(next) : next(soon);
