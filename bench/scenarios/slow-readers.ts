/** Readers that take a few kilobytes a second of answers of megabytes, next to streams that are read as they come. */

import { withNeighbours } from '../neighbours.ts';
import { burst } from '../play.ts';
import { requestText } from '../requests.ts';
import { measure } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';

const readers = 16;
/** Half a megabyte of text: some 3 MB on the wire. */
const play = burst(10_000, 50);
const readBytesPerSecond = 20_000;
const timeoutMs = 120_000;

const run = (context: Context): Promise<Result> =>
  withNeighbours(
    {
      name: 'beside slow readers',
      begun: readers,
      expected: { open: readers },
      seconds: context.short ? 2 : 6,
      load: (running) => ({
        kind: 'streams',
        port: running.port,
        request: requestText(running, 'responses', play),
        streams: readers,
        concurrent: readers,
        deltas: play.deltas,
        rampMs: 0,
        timeoutMs,
        readBytesPerSecond,
      }),
    },
    (plan) => measure(slowReaders, context, plan),
  );

export const slowReaders: Scenario = {
  name: 'slow-readers',
  shows: `64 streams of 50 deltas a second alone, and beside ${readers} readers of ${readBytesPerSecond / 1_000} kB a second`,
  run,
};
