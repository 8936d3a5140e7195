/**
 * The account's limits as response headers: under the names that OpenAI's own backend uses for Codex, and those of its API
 * as far as a percentage of the plan's window allows. Invariant: only numbers that the provider has told and that still hold.
 */

import type { AccountLimits, LimitWindow } from '../actors/account-limits.ts';
import type { Header } from './headers.ts';

/** As OpenAI writes it: `1s`, `6m0s`, `1h0m0s`. */
export const durationText = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (seconds < 60) return `${seconds}s`;
  return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds % 60}s`;
};

/** Null when its time is over: what has been used of the next one is not known. */
const current = (window: LimitWindow | null, nowMs: number): LimitWindow | null =>
  window === null || (window.resetsAt !== null && window.resetsAt * 1000 <= nowMs) ? null : window;

const codexHeaders = (name: string, { usedPercent, windowMinutes, resetsAt }: LimitWindow): readonly Header[] => {
  const known: [string, number | null][] = [
    ['used-percent', usedPercent],
    ['window-minutes', windowMinutes],
    ['reset-at', resetsAt],
  ];
  return known.flatMap(([what, value]): Header[] =>
    value === null ? [] : [[`x-codex-${name}-${what}`, String(value)]],
  );
};

/** Requests are not counted by anybody: what is limited is the share of the window, so a hundred points are all there is. */
const requestHeaders = ({ usedPercent, resetsAt }: LimitWindow, nowMs: number): readonly Header[] => [
  ['x-ratelimit-limit-requests', '100'],
  ['x-ratelimit-remaining-requests', String(Math.max(0, Math.floor(100 - usedPercent)))],
  ...(resetsAt === null
    ? []
    : [['x-ratelimit-reset-requests', durationText(resetsAt * 1000 - nowMs)] satisfies Header]),
];

export const limitHeaders = (limits: AccountLimits | null, nowMs: number): readonly Header[] => {
  if (limits === null) return [];
  const primary = current(limits.primary, nowMs);
  const secondary = current(limits.secondary, nowMs);
  return [
    ...(primary === null ? [] : [...codexHeaders('primary', primary), ...requestHeaders(primary, nowMs)]),
    ...(secondary === null ? [] : codexHeaders('secondary', secondary)),
  ];
};
