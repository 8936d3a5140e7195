/** Who wants no comments in a stream: clients whose parsers choke on them, known by name or because they say so. */

import type { RequestHead } from './request-head.ts';

export function keepaliveWanted(head: RequestHead): boolean {
  if (/obsidian|electron/i.test(head.header('user-agent'))) return false;
  if (head.header('x-no-keepalive').trim() === '1') return false;
  return !head.query.split('&').includes('no_keepalive=1');
}
