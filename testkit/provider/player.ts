// Plays the steps of one scenario onto one HTTP response.
// Invariant: one write per event (unless `wire` tears it), nothing after the client is gone, and every wait ends when the
// connection does. Timers are plain timeouts: Node keeps equal delays in one list, so hundreds of streams stay cheap.

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gates } from './gates.ts';
import type { Recorded } from './recording.ts';
import { type Headers, sseText, type Step } from './steps.ts';

export type Play = {
  readonly steps: Iterable<Step>;
  readonly response: ServerResponse;
  readonly record: Recorded;
  readonly gates: Gates;
  readonly signal: AbortSignal;
  readonly headers: Headers;
  readonly wireBytes: number | undefined;
  readonly changed: () => void;
};

// Resolves, never rejects: whoever waits looks at the signal afterwards.
function until(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      stop();
      resolve();
    };
    const stop = start(done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    response.once('drain', done);
    return () => response.off('drain', done);
  });
}

async function write(play: Play, text: string): Promise<void> {
  const { response, signal, wireBytes } = play;
  const bytes = Buffer.from(text, 'utf8');
  const size = wireBytes ?? bytes.length;
  for (let at = 0; at < bytes.length && !signal.aborted; at += size) {
    if (!response.write(bytes.subarray(at, at + size))) await drained(response, signal);
    // Bytes of one tick leave in one segment; torn writes need a turn of the loop each.
    if (wireBytes !== undefined) await new Promise((resolve) => setImmediate(resolve));
  }
}

function head(play: Play, more: Headers = {}): void {
  if (play.response.headersSent) return;
  play.record.status = 200;
  play.response.writeHead(200, {
    ...play.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...more,
  });
  play.response.flushHeaders();
  play.changed();
}

function breakOff(play: Play, how: 'fin' | 'rst'): void {
  const { socket } = play.response;
  if (socket === null) return;
  if (how === 'rst') socket.resetAndDestroy();
  else socket.destroySoon();
}

async function playStep(play: Play, step: Step): Promise<'next' | 'stop'> {
  const { response, record, gates, signal } = play;
  switch (step.step) {
    case 'answer':
      record.status = step.status;
      response.writeHead(step.status, { ...play.headers, 'content-type': 'application/json', ...step.headers });
      response.end(typeof step.body === 'string' ? step.body : JSON.stringify(step.body));
      return 'stop';
    case 'headers':
      head(play, step.headers);
      return 'next';
    case 'event':
      head(play);
      record.eventsSent += 1;
      await write(play, sseText(step.event));
      play.changed();
      return 'next';
    case 'raw':
      head(play);
      await write(play, step.text);
      return 'next';
    case 'wait':
      await sleep(step.ms, undefined, { signal }).catch(() => undefined);
      return 'next';
    case 'barrier':
      await gates.passBarrier(step.name, step.of, signal);
      return 'next';
    case 'break':
      breakOff(play, step.how);
      return 'stop';
    case 'hang':
      await until(signal, () => () => undefined);
      return 'stop';
  }
}

/** Ends with the scenario or with the connection; `broken` when the scenario itself closed the connection. */
export async function play(of: Play): Promise<'ended' | 'broken'> {
  for (const step of of.steps) {
    for (let pause = of.gates.passPause(of.record.key, of.signal); pause !== undefined && !of.signal.aborted; ) {
      await pause;
      pause = of.gates.passPause(of.record.key, of.signal);
    }
    if (of.signal.aborted) return 'ended';
    const next = await playStep(of, step);
    if (step.step === 'break') return 'broken';
    if (next === 'stop') return 'ended';
  }
  if (!of.signal.aborted && !of.response.writableEnded) {
    head(of);
    of.response.end();
  }
  return 'ended';
}
