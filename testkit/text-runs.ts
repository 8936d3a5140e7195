/** What a worker tells, with its runs of deltas taken apart: for whoever looks at deltas one by one. */

import type { TurnOutput } from '../actors/seams.ts';
import type { TurnEvent } from '../actors/turn.ts';
import { ChunkRun } from '../transport/chunk-run.ts';
import { DeltaLine } from '../transport/delta-line.ts';

export const eventsOf = (event: TurnEvent): readonly TurnEvent[] => {
  if (event.type !== 'text.run') return [event];
  const { item, run } = event;
  return Array.from({ length: run.length }, (_, at) => ({ type: 'text.delta', item, delta: run.text(at) }));
};

export const outputsOf = ({ response, event }: TurnOutput): readonly TurnOutput[] =>
  eventsOf(event).map((one) => ({ response, event: one }));

const line = new DeltaLine();
const names = { threadId: 'T', turnId: 'U', itemId: 'I' };

/** The other way round: deltas that follow each other as the runs in which they would come in one chunk. */
export const asRuns = (events: readonly TurnEvent[]): readonly TurnEvent[] => {
  const told: TurnEvent[] = [];
  let run: ChunkRun | null = null;
  const lines = events.map((event) =>
    event.type === 'text.delta'
      ? `${JSON.stringify({ method: 'item/agentMessage/delta', params: { ...names, delta: event.delta } })}\n`
      : '',
  );
  const bytes = Buffer.from(lines.join(''));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  events.forEach((event, index) => {
    const start = at;
    at += Buffer.byteLength(lines[index] ?? '');
    const isTaken =
      event.type === 'text.delta' && line.readHead(bytes, start) && line.readDelta(bytes, view, line.deltaStart);
    if (!isTaken || event.type !== 'text.delta' || event.delta === '') {
      run = null;
      told.push(event);
      return;
    }
    if (run?.item === event.item) {
      run.add(line);
      return;
    }
    run = new ChunkRun(bytes, event.item, line);
    told.push({ type: 'text.run', item: event.item, run });
  });
  return told;
};
