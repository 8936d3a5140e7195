/** The streams of `egress.ts`: a log that grows, and the product's reader behind it. */

import type { ResponseLog } from '../actors/log.ts';
import { SystemClock } from '../actors/clock.ts';
import { chatStream } from '../http/chat-stream.ts';
import { Choices } from '../http/choices.ts';
import type { Exchange } from '../http/exchange.ts';
import { LiveReader } from '../http/live-reader.ts';
import type { LiveReading } from '../http/live-reading.ts';
import type { Pace } from '../http/pace.ts';
import type { RequestHead } from '../http/request-head.ts';
import { responsesStream } from '../http/responses-stream.ts';
import { close, completed, emptyLog, end, write } from '../testkit/log-examples.ts';

export type Kind = 'responses' | 'chat';

export interface Lane {
  hear(deltas: number): void;
  end(): void;
}

const delta = 'twenty characters or';
const clock = new SystemClock();
const journal = { info: () => {}, warn: () => {} };

/** The same frame as the readers write, at each sequence number. */
export const frames = Array.from({ length: 1_000 }, (_, index) =>
  Buffer.from(
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":' +
      `${index + 4},"item_id":"msg_0000000000000000000000000000000000000000000000000_0","output_index":0,` +
      `"content_index":0,"delta":"${delta}","logprobs":[]}\n\n`,
  ),
);
export const words = { bytes: Buffer.from('\n') };

export const requestHead: RequestHead = {
  method: 'GET',
  path: '/',
  query: '',
  peerIsLoopback: true,
  client: null as unknown as RequestHead['client'],
  lengthsDiffer: false,
  headers: new Map(),
  header: () => '',
};

const reader = (exchange: Exchange, log: ResponseLog, kind: Kind, pace?: Pace): LiveReader => {
  const choices = new Choices({ id: log.head.id, log, read: (follower) => log.follow(follower) });
  const timing = { firstContentMs: () => null, elapsedMs: () => 0 };
  const projection =
    kind === 'responses'
      ? responsesStream()
      : chatStream({ choice: 0, head: log.head, includeUsage: false, timing, stopMode: 'first' });
  const reading: LiveReading = {
    exchange,
    choices,
    ...(pace === undefined ? {} : { pace }),
    clock,
    journal,
    keepaliveMs: 15_000,
    bufferBytes: 1_048_576,
    lagMs: 300_000,
    headers: () => [],
    tooSlow: () => {
      throw new Error('too slow');
    },
    fail: () => {
      throw new Error('failed');
    },
  };
  return new LiveReader(reading, [projection]);
};

/** Null: nobody reads. Without a pace what is new is written at once. */
export const follow = (exchange: Exchange, kind: Kind | null, pace?: Pace): Lane => {
  const log = emptyLog('resp_0000000000000000000000000000000000000000000000000');
  if (kind !== null) reader(exchange, log, kind, pace).start();
  log.begin();
  const item = write(log, 'msg_0000000000000000000000000000000000000000000000000_0', []);
  log.flush();
  const [part] = item.parts;
  if (part === undefined) throw new Error('no part');
  return {
    hear: (deltas) => {
      for (let index = 0; index < deltas; index += 1) log.append(part, delta);
      log.flush();
    },
    end: () => {
      close(log, item);
      end(log, completed, null);
      log.flush();
      if (kind === null) exchange.abort();
    },
  };
};
