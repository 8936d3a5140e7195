/** What a chat answer says of how its tool calls are told: the mode, and of a whole answer how many there are. */

import { isCall } from '../actors/log-entry.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { OutputTerms } from '../actors/terms.ts';
import type { Header } from './headers.ts';

export interface CallStatistics {
  readonly count: number;
  /** There were more. */
  readonly truncated: boolean;
}

export const callStatistics = (logs: readonly ResponseLog[]): CallStatistics => ({
  count: logs.reduce((count, log) => count + log.items.filter(isCall).length, 0),
  truncated: logs.some((log) => log.ending?.moreCalls === true),
});

/** `logs`: of an answer that is whole; null: it is not, or not yet. */
export function outputHeaders(
  { mode, stopMode }: Pick<OutputTerms, 'mode' | 'stopMode'>,
  logs: readonly ResponseLog[] | null,
): readonly Header[] {
  const headers: Header[] = [
    ['x-proxy-output-mode', mode],
    ['x-codex-stop-after-tools-mode', stopMode],
  ];
  if (logs === null) return headers;
  const { count, truncated } = callStatistics(logs);
  headers.push(['x-codex-tool-call-count', String(count)], ['x-codex-tool-call-truncated', String(truncated)]);
  return headers;
}

/** The same for a stream, whose head is sent before anybody knows: a comment, which clients skip. Null: there is nothing to tell. */
export const callComment = (logs: readonly ResponseLog[], stopMode: OutputTerms['stopMode']): string | null => {
  const { count, truncated } = callStatistics(logs);
  if (count === 0 && !truncated) return null;
  const told = { tool_call_count: count, tool_call_truncated: truncated, stop_after_tools_mode: stopMode };
  return `: ${JSON.stringify(told)}\n\n`;
};
