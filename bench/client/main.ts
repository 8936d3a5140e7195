/**
 * The load client, a process of its own: takes one load at a time over IPC and answers with a report. Invariant: a failure is
 * an answer, too; the client ends when the suite is gone.
 */

import process from 'node:process';
import { cpuMicros } from '../processes.ts';
import { Direct } from './direct.ts';
import type { FromClient, ToClient } from './messages.ts';
import { Meter } from './meter.ts';
import { nowMicros } from '../play.ts';
import { runLoad } from './run-load.ts';

const progressMs = 50;
const connectionGraceMs = 10;

let direct: Direct | null = null;
const tell = (message: FromClient): void => void process.send?.(message);

async function run({ id, load }: ToClient): Promise<void> {
  if (load.kind === 'direct' && direct === null) {
    direct = new Direct();
    await direct.open();
  }
  const meter = new Meter();
  const asked = load.kind === 'direct' ? direct : null;
  const shimMicros = (): number | null => (asked === null ? null : cpuMicros(asked.pid));
  const shimBefore = shimMicros() ?? 0;
  const counts = { begun: 0, over: 0, seen: 0 };
  let told = '';
  const timer = setInterval(() => {
    counts.seen = meter.seen;
    const now = JSON.stringify(counts);
    if (now !== told) tell({ id, ...counts });
    told = now;
  }, progressMs);
  const answer = (message: FromClient): void => {
    clearInterval(timer);
    tell(message);
  };
  const failed = (failure: string): void => answer({ id, failure });
  const over = (): void => {
    const micros = shimMicros();
    answer({ id, report: meter.report(), shimMicros: micros === null ? null : micros - shimBefore });
  };
  if (load.kind === 'direct') return asked?.run(load, meter, failed, over);
  runLoad(load, meter, {
    begun() {
      counts.begun += 1;
      if (load.kind === 'streams' && counts.begun === load.streams && counts.over === 0)
        meter.flowsSinceMicros = nowMicros();
    },
    ended() {
      counts.over += 1;
      meter.flowsSinceMicros = null;
    },
    failed,
    over,
  });
}

process.on('message', (message: ToClient) => {
  run(message).catch((error: unknown) => tell({ id: message.id, failure: String(error) }));
});
process.on('disconnect', () => {
  direct?.stop();
  setTimeout(() => process.exit(0), connectionGraceMs);
});
