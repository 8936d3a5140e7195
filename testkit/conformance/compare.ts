/**
 * Two normalised runs, told apart. Equal means: the same entries equally often, and in each lane of `order.ts` the same
 * order. Invariant: a difference is told by its members, so that a line of many kilobytes reads as a line of text.
 */

import { type Channel, type Entry, membersOf, parsed } from './entry.ts';
import { lanes } from './order.ts';

const widthMax = 160;
const differencesMax = 8;
const clip = (text: string): string => (text.length > widthMax ? `${text.slice(0, widthMax)}…` : text);

/** What kind of entry it is, so that a changed one finds its counterpart. */
const kindOf = ([channel, text]: Entry): string => {
  const message = membersOf(parsed(text));
  const { method, id, response, type } = message as { method?: string; id?: unknown; response?: string; type?: string };
  const item = membersOf(membersOf(message['params'])['item']);
  const event = membersOf(message['event']);
  const words = [channel, method ?? (id === undefined ? type : `answer ${JSON.stringify(id)}`), response];
  return [...words, item['type'], event['type']].filter((word) => typeof word === 'string').join(' ');
};

/** Entries that the right side lacks, as often as it lacks them. */
const missing = (left: readonly Entry[], right: readonly Entry[]): readonly Entry[] => {
  const counts = new Map<string, number>();
  for (const entry of right) counts.set(entry.join(' '), (counts.get(entry.join(' ')) ?? 0) + 1);
  return left.filter((entry) => {
    const count = counts.get(entry.join(' ')) ?? 0;
    counts.set(entry.join(' '), count - 1);
    return count <= 0;
  });
};

const say = (value: unknown): string => (value === undefined ? 'absent' : clip(JSON.stringify(value)));

/** `path: left, not right` for each leaf that differs. */
const leaves = (left: unknown, right: unknown, path: string): readonly string[] => {
  if (JSON.stringify(left) === JSON.stringify(right)) return [];
  const both = [left, right].every((value) => typeof value === 'object' && value !== null);
  if (!both || Array.isArray(left) !== Array.isArray(right)) return [`${path}: ${say(left)}, not ${say(right)}`];
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const found = names.flatMap((name) => leaves(a[name], b[name], `${path}.${name}`));
  return found.length > 0
    ? found
    : [`${path}: members in another order: ${Object.keys(a).join()}, not ${Object.keys(b).join()}`];
};

const contents = (left: readonly Entry[], right: readonly Entry[]): readonly string[] => {
  const extra = [...missing(right, left)];
  const told = missing(left, right).map((entry) => {
    const kind = kindOf(entry);
    const at = extra.findIndex((other) => kindOf(other) === kind);
    const [other] = at === -1 ? [] : extra.splice(at, 1);
    if (other === undefined) return `lacks ${kind}: ${clip(entry[1])}`;
    return `${kind}: ${leaves(parsed(entry[1]), parsed(other[1]), '').slice(0, differencesMax).join('; ')}`;
  });
  return [...told, ...extra.map((entry) => `has beyond ${kindOf(entry)}: ${clip(entry[1])}`)];
};

const channelOf = (lane: string): Channel => (lane === 'in' ? 'in' : lane.startsWith('told ') ? 'told' : 'out');

const orders = (left: readonly Entry[], right: readonly Entry[]): readonly string[] => {
  const rights = lanes(right);
  return [...lanes(left)].flatMap(([lane, texts]) => {
    const others = rights.get(lane) ?? [];
    const at = texts.findIndex((text, index) => text !== others[index]);
    const given = (text: string | undefined): string =>
      text === undefined ? 'nothing' : kindOf([channelOf(lane), text]);
    if (at !== -1) return [`order of ${lane}: entry ${at} is ${given(texts[at])}, not ${given(others[at])}`];
    return others.length > texts.length
      ? [`order of ${lane}: ${given(others[texts.length])} comes behind its end`]
      : [];
  });
};

/** How the right run differs from the left one; empty when it does not. */
export const differences = (left: readonly Entry[], right: readonly Entry[]): readonly string[] => {
  const found = contents(left, right);
  return (found.length > 0 ? found : orders(left, right)).slice(0, differencesMax);
};
