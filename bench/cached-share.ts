/**
 * What of the input a provider could have cached, from the requests that it saw. Pure. Invariant: only what came before counts,
 * item by item from the first on, ids aside, because no model sees them.
 */

export interface Seen {
  readonly key: string;
  readonly items: readonly unknown[];
}

/** Bytes stand for tokens: the ratio is the same. */
const sizeOf = (item: string): number => item.length;

const worded = (item: unknown): string =>
  JSON.stringify(item, (name, value: unknown) =>
    name === 'id' || name === 'internal_chat_message_metadata_passthrough' ? undefined : value,
  );

/** `sameKey`: a provider that looks only where the cache key is the same. */
export function cachedShare(requests: readonly Seen[], sameKey: boolean): number {
  const before: { readonly key: string; readonly items: readonly string[] }[] = [];
  let cached = 0;
  let all = 0;
  for (const { key, items } of requests) {
    const words = items.map(worded);
    const shared = before
      .filter((one) => !sameKey || one.key === key)
      .map((one) => {
        const until = words.findIndex((word, index) => word !== one.items[index]);
        return words.slice(0, until < 0 ? words.length : until).reduce((sum, word) => sum + sizeOf(word), 0);
      });
    cached += Math.max(0, ...shared);
    all += words.reduce((sum, word) => sum + sizeOf(word), 0);
    before.push({ key, items: words });
  }
  return all === 0 ? 0 : cached / all;
}
