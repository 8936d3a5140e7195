/** Streams or requests on kept connections, so many at a time, until there were enough. Invariant: the first failure ends it. */

import { Connection } from './connection.ts';
import { nowMicros } from '../play.ts';
import type { RequestsLoad, StreamsLoad } from './messages.ts';
import type { Meter } from './meter.ts';

const million = 1_000_000;

interface Watch {
  readonly begun: () => void;
  readonly ended: () => void;
  readonly failed: (why: string) => void;
  readonly over: () => void;
}

export function runLoad(load: StreamsLoad | RequestsLoad, meter: Meter, watch: Watch): void {
  const streams = load.kind === 'streams';
  const total = streams ? load.streams : load.requests;
  const width = Math.min(total, streams ? load.concurrent : load.connections);
  const perSecond = streams ? null : (load.perSecond ?? null);
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const timers: NodeJS.Timeout[] = [];
  let sent = 0;
  let ended = 0;
  let stopped = false;

  const stop = (): void => {
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
    for (const connection of all) connection.close();
  };
  const send = (connection: Connection, dueMicros?: number): void => {
    if (stopped || sent === total) return;
    sent += 1;
    connection.send(dueMicros);
  };
  const open = (): Connection => {
    const connection: Connection = new Connection({
      port: load.port,
      request: Buffer.from(load.request),
      deltas: streams ? load.deltas : null,
      refusals: load.refusals === true,
      timeoutMs: load.timeoutMs,
      readBytesPerSecond: streams ? (load.readBytesPerSecond ?? null) : null,
      meter,
      begun: watch.begun,
      ended() {
        ended += 1;
        watch.ended();
        if (ended === total) {
          stop();
          watch.over();
        } else if (perSecond === null) send(connection);
        else idle.push(connection);
      },
      failed(why) {
        if (stopped) return;
        stop();
        watch.failed(why);
      },
    });
    all.push(connection);
    return connection;
  };

  if (perSecond === null) {
    const rampMs = streams ? load.rampMs : 0;
    for (let index = 0; index < width; index += 1) {
      if (rampMs === 0) send(open());
      else timers.push(setTimeout(() => send(open()), (rampMs * index) / width));
    }
    return;
  }
  // An open model: who is slow does not slow down those that come, and who comes late all the same has waited.
  const startedMicros = nowMicros();
  timers.push(
    setInterval(() => {
      const due = Math.min(total, Math.floor(((nowMicros() - startedMicros) / million) * perSecond));
      while (sent < due && !stopped) {
        const free = idle.pop() ?? (all.length < width ? open() : undefined);
        if (free === undefined) return;
        send(free, Math.floor(startedMicros + ((sent + 1) / perSecond) * million));
      }
    }, 1),
  );
}
