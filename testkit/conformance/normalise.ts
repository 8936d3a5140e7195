/**
 * A run without what differs from run to run: minted ids become symbols in order of appearance, times `t`, versions and
 * paths `v`; neighbouring deltas of an item are one; warnings about the machine, the remote control and limits that nobody
 * knows are left out. Invariant: nothing else is touched, and no member is lost or moved.
 */

import { type Entry, type Members, membersOf, parsed, textOf } from './entry.ts';

const times = new Set([
  'emittedAtMs',
  'startedAtMs',
  'completedAtMs',
  'startedAt',
  'completedAt',
  'createdAt',
  'updatedAt',
  'recencyAt',
  'durationMs',
  'create_time',
]);
const places = new Set(['codexHome', 'cwd', 'cliVersion', 'version']);

const uuid = /\b(?:([a-z]+)_)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gu;
const origin = /http:\/\/127\.0\.0\.1:\d+/gu;
/** Version of the CLI and name of the system. */
const agent = /\/\S+ \([^)]*\)/u;

const kinds: Readonly<Record<string, string>> = {
  thread: 'T',
  threadId: 'T',
  turn: 'U',
  turnId: 'U',
  loginId: 'L',
  response: 'R',
};

class Symbols {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(id: string, kind: string): string {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#known.set(id, kind + count);
    return kind + count;
  }
}

const text = (value: string, name: string, symbols: Symbols): string => {
  if (places.has(name)) return 'v';
  if (name === 'userAgent') return value.replace(agent, '/v (v)');
  if (name === 'response') return symbols.of(value, 'R');
  return value
    .replaceAll(origin, 'http://v')
    .replaceAll(uuid, (id, prefix: string | undefined) =>
      symbols.of(id, prefix === undefined ? (kinds[name] ?? 'I') : `${prefix}_g`),
    );
};

/** `name` is that of the member, of the one around it when it is called `id`. */
const plain = (value: unknown, name: string, symbols: Symbols): unknown => {
  if (typeof value === 'string') return text(value, name, symbols);
  if (typeof value === 'number') return times.has(name) ? 't' : value;
  if (Array.isArray(value)) return value.map((element) => plain(element, name, symbols));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, plain(member, key === 'id' ? name : key, symbols)]),
  );
};

/** The CLI counts its requests in the order of the calls, which is chance. */
const uncounted = (message: Members): Members =>
  typeof message['method'] === 'string' && typeof message['id'] === 'number' ? { ...message, id: 's' } : message;

const unwanted = (message: Members): boolean => {
  const { method } = message as { method?: unknown };
  if (method === 'configWarning') return true;
  if (typeof method === 'string' && method.startsWith('remoteControl/')) return true;
  if (method !== 'account/rateLimits/updated') return false;
  const limits = membersOf(membersOf(message['params'])['rateLimits']);
  return limits['primary'] === null && limits['secondary'] === null;
};

/** Where an entry stands in the talk of one thread or one response, and its delta if it is one. */
const speech = (message: Members): { readonly lane: string; readonly item: string; readonly delta: string | null } => {
  const holder = message['event'] === undefined ? membersOf(message['params']) : membersOf(message['event']);
  const lane = textOf(message['response'] ?? holder['threadId']);
  const isDelta = message['method'] === 'item/agentMessage/delta' || holder['type'] === 'text.delta';
  const delta = holder['delta'];
  const item = JSON.stringify({ ...holder, delta: '' });
  return { lane, item, delta: isDelta && typeof delta === 'string' ? delta : null };
};

const joined = (left: Members, more: string): Members => {
  const holder = left['event'] === undefined ? 'params' : 'event';
  const inside = membersOf(left[holder]);
  return { ...left, [holder]: { ...inside, delta: textOf(inside['delta']) + more } };
};

/** Entries of the same thread may be interrupted by those of another: neighbours are neighbours within a thread. */
export const normalise = (entries: readonly Entry[]): readonly Entry[] => {
  const symbols = new Symbols();
  const kept: [Entry[0], Members | string][] = [];
  const open = new Map<string, { readonly at: number; readonly item: string }>();
  for (const [channel, line] of entries) {
    const value = plain(parsed(line), '', symbols);
    const message = channel === 'out' ? uncounted(membersOf(value)) : membersOf(value);
    if (channel === 'out' && unwanted(message)) continue;
    const { lane, item, delta } = speech(message);
    const before = open.get(channel + lane);
    if (lane !== '' && channel !== 'in') {
      if (delta === null) open.delete(channel + lane);
      else if (before?.item !== item) open.set(channel + lane, { at: kept.length, item });
    }
    const last = delta !== null && before?.item === item ? kept[before.at] : undefined;
    if (last === undefined) kept.push([channel, value === undefined ? line : message]);
    else last[1] = joined(membersOf(last[1]), delta ?? '');
  }
  return kept.map(([channel, value]) => [channel, typeof value === 'string' ? value : JSON.stringify(value)]);
};
