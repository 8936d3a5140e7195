/**
 * CPU time of the gateway for a delta and for a response, as multiples of a reference loop in the same process: what anybody would write
 * first, who parses each line, makes an object of it and writes that as a frame. Interleaved rounds, and the median of their ratios,
 * because a machine has its moods.
 */

import { Rig } from '../micro/rig.ts';
import { Lines } from '../micro/prepared-worker.ts';
import { MemoryResponse } from '../micro/memory-uws.ts';
import { play, type Script } from './costs.ts';

const rounds = 5;
const deltas = 40_000;
const responses = 500;
const script: Script = { name: 'cpu', path: '/v1/responses', stream: true, together: 10 };

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const timed = async (work: () => Promise<void> | void): Promise<number> => {
  const before = cpuMicros();
  await work();
  return cpuMicros() - before;
};

const reference = (): void => {
  const line = new Lines('01997c3e-5b7a-7000-8000-000000000000', '01997c3e-5b7a-7000-8000-00000000aaaa').delta(
    'some text of a delta',
  );
  const response = new MemoryResponse();
  for (let at = 0; at < deltas; at += 1) {
    const { params } = JSON.parse(line) as { params: { itemId: string; delta: string } };
    const event = {
      type: 'response.output_text.delta',
      sequence_number: at,
      item_id: params.itemId,
      output_index: 0,
      content_index: 0,
      delta: params.delta,
    };
    response.write(Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`));
  }
};

const several = async (rig: Rig): Promise<void> => {
  for (let at = 0; at < responses; at += 1) await play(rig, script, 0);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export const cpuRatios = async (): Promise<Record<string, number>> => {
  const rig = await Rig.start();
  const perDelta: number[] = [];
  const perResponse: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const unit = await timed(reference);
    const full = await timed(async () => play(rig, script, deltas));
    const bare = await timed(async () => several(rig));
    if (round < 0) continue;
    perDelta.push(full / unit);
    // As if a response were so many deltas of the reference loop.
    perResponse.push((bare / responses / unit) * deltas);
  }
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  return { 'a delta': rounded(median(perDelta)), 'a response': rounded(median(perResponse)) };
};
