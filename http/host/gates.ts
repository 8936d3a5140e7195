/**
 * The two gates of a request on its way to a worker, both kept by the host: how often its caller may ask, and how many answers may be
 * streamed. Invariant: whoever does not pass is answered here, and a place that was taken is given back when the exchange is over.
 */

import { failureAnswer, rateLimited, refusal } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { Front } from '../front.ts';
import type { Header } from '../headers.ts';
import { RequestError } from '../request-error.ts';
import { type Entry, entryHeaders } from '../stream-guard.ts';
import type { Host } from './host.ts';

type Gate = Pick<Front, 'service' | 'settings' | 'journal'> & { readonly host: Pick<Host, 'streams'> };

/** The body of a caller that may ask; a refusal does not wait for it. */
export async function permitted(
  exchange: Exchange,
  permit: Promise<number | null>,
  body: Promise<Uint8Array | null>,
): Promise<Uint8Array | null> {
  // Whoever may not ask is not told what is wrong with the body as well.
  body.catch(() => {});
  const waitMs = await permit;
  if (waitMs === null) return body;
  exchange.answer(rateLimited(waitMs));
  return null;
}

/** Takes a place among the open streams, for as long as the exchange lasts. Null: there is none, and that was answered. */
export function enterStream(exchange: Exchange, front: Gate, entry: Entry): readonly Header[] | null {
  const { host, service, settings, journal } = front;
  const isIn = entry.after > entry.before;
  if (isIn) journal.info('sse_guard_acquire', { req_id: exchange.id, open_streams: entry.after });
  exchange.onOver(() => {
    entry.leave();
    if (isIn) journal.info('sse_guard_release', { req_id: exchange.id, open_streams: host.streams });
  });
  const headers = settings.tests.enabled ? entryHeaders(entry, settings.streamsMax) : [];
  if (isIn) return headers;
  journal.warn('sse_guard_reject', { req_id: exchange.id, open_streams: entry.before });
  // That no worker is there is the more important news.
  const { ready } = service.health();
  const full = new RequestError('concurrency_exceeded', 'Too many answers are being streamed; try again soon.');
  exchange.answer(ready ? refusal(full, headers) : failureAnswer({ code: 'worker_not_ready' }, headers));
  return null;
}
