/**
 * Barriers: scripts wait at a key until it is released, or until as many wait as the barrier wants. Invariant: a release
 * opens the gate for those who wait now; who comes later waits for the next one.
 */
export interface Gates {
  wait(key: string, of: number | undefined, open: () => void): () => void;
  release(key: string): void;
}

export function createGates(): Gates {
  const waiting = new Map<string, Set<() => void>>();

  const release = (key: string): void => {
    const opened = waiting.get(key);
    waiting.delete(key);
    for (const open of opened ?? []) open();
  };
  return {
    release,
    wait(key, of, open) {
      const queue = waiting.get(key) ?? new Set();
      waiting.set(key, queue);
      queue.add(open);
      if (of !== undefined && queue.size >= of) release(key);
      return () => queue.delete(open);
    },
  };
}
