/** What a finished response holds that is kept for `previous_response_id`: the growth of memory over many of them. */

import { LoadClient } from '../load-client.ts';
import { gateway } from '../gateway.ts';
import { burst } from '../play.ts';
import { startProbed } from '../probed.ts';
import { measure, type Sample } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { requests } from '../stand.ts';

const play = burst(50);
const connections = 32;
const keptMax = '100000';
const storeBytesMax = '2000000000';

async function perResponse(few: number, many: number): Promise<Sample> {
  const running = await startProbed(gateway, {
    env: { PROXY_STORE_RESPONSES_MAX: keptMax, PROXY_STORE_BYTES_MAX: storeBytesMax },
  });
  const client = new LoadClient();
  const answer = async (count: number) => {
    await requests(client, running, { api: 'responses-whole', play, requests: count, connections });
    return running.memory();
  };
  try {
    const before = await answer(few);
    const after = await answer(many);
    return {
      values: {
        resident_per_response: (after.residentBytes - before.residentBytes) / many,
        held_per_response: (after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes) / many,
      },
    };
  } finally {
    await client.stop();
    await running.stop();
  }
}

const run = (context: Context): Promise<Result> =>
  measure(kept, context, {
    variants: [
      { name: 'gateway', measure: () => (context.short ? perResponse(500, 1_000) : perResponse(2_000, 8_000)) },
    ],
    warmUps: 0,
    units: { resident_per_response: 'B', held_per_response: 'B' },
  });

export const kept: Scenario = {
  name: 'kept',
  shows: `memory that one more kept response holds, with a text of ${play.deltas * play.bytes} bytes`,
  run,
};
