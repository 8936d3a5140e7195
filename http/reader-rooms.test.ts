/**
 * Whatever of a stream its client takes and when, whatever comes meanwhile, and however much one turn of the loop brings: it gets the
 * bytes that one pass over the whole log writes, and nobody touches the connection after its end or the client's departure.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteTape } from '../actors/tape.ts';
import { emptyLog, close, completed, end, write } from '../testkit/log-examples.ts';
import { TestJournal } from '../testkit/front-end.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { chatStream } from './chat-stream.ts';
import { Choices } from './choices.ts';
import { Exchange } from './exchange.ts';
import { LiveReader } from './live-reader.ts';
import type { LiveReading } from './live-reading.ts';
import type { Projection } from './projection.ts';
import type { RequestHead } from './request-head.ts';
import { responsesStream } from './responses-stream.ts';
import type { HttpResponse } from './uws-types.ts';

const corkBytes = 16_384;

/** What uWebSockets.js does between this process and a kernel that has room for `room` more bytes. */
class Socket {
  room = 0;
  isOpen = true;
  readonly written: Uint8Array[] = [];
  waitingBytes = 0;
  #corks = 0;
  #corkedBytes = 0;
  aborted = (): void => {};
  writable = (): void => {};

  #touch(): this {
    if (!this.isOpen) throw new Error('the response must not be touched any more');
    return this;
  }

  #flush(): void {
    this.waitingBytes += this.#corkedBytes;
    this.#corkedBytes = 0;
    const taken = Math.min(this.room, this.waitingBytes);
    this.room -= taken;
    this.waitingBytes -= taken;
  }

  /** The kernel has room again. */
  drain(room: number): void {
    this.room = Math.max(this.room, room);
    if (this.waitingBytes === 0 || !this.isOpen) return;
    this.#flush();
    this.writable();
  }

  cork(run: () => void): this {
    this.#touch().#corks += 1;
    run();
    this.#corks -= 1;
    if (this.#corks === 0) this.#flush();
    return this;
  }

  write(bytes: Uint8Array): boolean {
    this.#touch().written.push(Uint8Array.from(bytes));
    this.#corkedBytes += bytes.length;
    // What fits into the cork is not known to wait before that is over.
    if (this.#corks > 0 && this.waitingBytes === 0 && this.#corkedBytes <= corkBytes) return true;
    this.#flush();
    return this.waitingBytes === 0;
  }

  end(): this {
    this.#touch().isOpen = false;
    return this;
  }

  close(): this {
    this.#touch().isOpen = false;
    return this;
  }

  writeStatus = (): this => this.#touch();
  writeHeader = (): this => this.#touch();
  onData = (): this => this.#touch();
  onAborted(heard: () => void): this {
    this.aborted = heard;
    return this;
  }
  onWritable(heard: () => void): this {
    this.writable = heard;
    return this;
  }
}

const timing = { firstContentMs: () => 0, elapsedMs: () => 0 };
const projections = {
  responses: (): Projection => responsesStream(),
  chat: (): Projection =>
    chatStream({ choice: 0, head: emptyLog('resp_1').head, includeUsage: false, timing, stopMode: 'burst' }),
};

const opened = (projection: Projection) => {
  const [socket, clock, journal, log] = [new Socket(), new VirtualClock(), new TestJournal(), emptyLog('resp_1')];
  const told = { over: 0, readers: 1 };
  const exchange = new Exchange(socket as unknown as HttpResponse, {
    id: 'req_1',
    head: { method: 'POST', header: () => '' } as unknown as RequestHead,
    cors: [],
    startedAt: 0,
    house: {
      now: () => 0,
      closing: () => false,
      leftSending: () => {},
      tooSlow: () => {},
      isAsked: () => true,
      isLast: () => false,
      over: () => {
        told.over += 1;
      },
      failed: (error) => {
        throw error;
      },
    },
  });
  const read = (follower: () => void) => {
    const unfollow = log.follow(follower);
    return () => {
      told.readers -= 1;
      unfollow();
    };
  };
  const reading: LiveReading = {
    exchange,
    choices: new Choices({ id: log.head.id, log, read }),
    clock,
    journal,
    keepaliveMs: 15_000,
    bufferBytes: Number.MAX_SAFE_INTEGER,
    lagMs: Number.MAX_SAFE_INTEGER,
    headers: () => [],
    tooSlow: () => {},
    fail: () => expect.unreachable(),
  };
  new LiveReader(reading, [projection]).start();
  exchange.attend();
  return { socket, clock, journal, log, told };
};

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** A comment within a frame is not seen as one. */
const withoutComments = (text: string): string =>
  text
    .split(/(?<=\n\n)/)
    .filter((frame) => !/^: keepalive \d+\n\n$/.test(frame))
    .join('');

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      text: fc.constantFrom('a', '"', 'é', '\n'),
      chars: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(2_000, 32_000)),
    }),
  },
  { weight: 5, arbitrary: fc.constantFrom('close', 'drain', 'turn') },
);
// Linux says that a socket is writable when a third of its buffer is free; the first ones make it harder than that.
const rooms = fc.array(fc.oneof(fc.integer({ min: 14, max: 3_000 }), fc.integer({ min: 16_384, max: 600_000 })), {
  minLength: 1,
  maxLength: 12,
});

it.each(['responses', 'chat'] as const)(
  'of %s it gets everything once, or nothing more when it has left',
  async (wire) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom(0, 100_000, 1e9),
        rooms,
        fc.boolean(),
        async (steps, room, sizes, leaves) => {
          const { socket, clock, journal, log, told } = opened(projections[wire]());
          socket.room = room;
          let drains = 0;
          const drain = (): void => socket.drain(sizes[drains++ % sizes.length] ?? 0);
          let item: ReturnType<typeof write> | null = null;
          const closeItem = (): void => {
            if (item !== null) close(log, item);
            item = null;
          };
          log.begin();
          log.flush();
          for (const [index, one] of steps.entries()) {
            if (one === 'drain') drain();
            else if (one === 'turn') await turn();
            else if (one === 'close') closeItem();
            else {
              item ??= write(log, `msg_${index}`, []);
              const [part] = item.parts;
              for (let count = 0; part !== undefined && count < one.count; count += 1)
                log.append(part, one.text.repeat(one.chars));
            }
            log.flush();
          }
          closeItem();
          end(log, completed, null);
          log.flush();
          if (leaves && socket.isOpen) {
            socket.isOpen = false;
            socket.aborted();
          }
          sizes.push(600_000);
          for (let turns = 0; socket.isOpen && turns < 5_000; turns += 1) {
            drain();
            await turn();
          }
          await turn();
          clock.advance(60_000);
          expect([told, clock.pending]).toEqual([{ over: 1, readers: 0 }, 0]);
          const whole = new ByteTape();
          const projection = projections[wire]();
          for (let at = 0; at < log.length; ) at = projection.project(log, at, whole, Number.MAX_SAFE_INTEGER);
          projection.finish(whole, [log]);
          const got = withoutComments(Buffer.concat(socket.written).toString('latin1'));
          const expected = whole.view().toString('latin1');
          expect(journal.events.filter((event) => !event.startsWith('client_'))).toEqual([]);
          if (leaves) expect(expected.startsWith(got)).toBe(true);
          else expect(got === expected).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  },
);
