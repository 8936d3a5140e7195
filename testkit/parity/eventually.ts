/** Looks again until something holds: for what a server tells by a file, by a process, or at the next request. */

const usuallyMs = 10_000;
const lookMs = 10;

/** The first result that is neither undefined, null nor false. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = usuallyMs,
): Promise<Exclude<T, false | null | undefined>> {
  const giveUp = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as Exclude<T, false | null | undefined>;
    if (performance.now() > giveUp) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
