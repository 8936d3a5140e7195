import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limits } from './limits.ts';
import { ResponseSink } from './sink.ts';
import type { HttpResponse } from './uws-types.ts';

/** What uWebSockets.js does between this process and a kernel that has room for `room` more bytes. */
class Transport {
  room: number;
  waitingBytes = 0;
  waitingBytesMax = 0;
  readonly written: Uint8Array[] = [];
  ended = false;

  constructor(room: number) {
    this.room = room;
  }

  #flush(): void {
    const taken = Math.min(this.room, this.waitingBytes);
    this.room -= taken;
    this.waitingBytes -= taken;
  }

  cork(run: () => void): this {
    run();
    this.#flush();
    return this;
  }

  write(bytes: Uint8Array): boolean {
    expect(this.ended).toBe(false);
    this.written.push(Uint8Array.from(bytes));
    this.waitingBytes += bytes.length;
    this.#flush();
    this.waitingBytesMax = Math.max(this.waitingBytesMax, this.waitingBytes);
    return this.waitingBytes === 0;
  }

  end(): this {
    this.ended = true;
    return this;
  }
}

const writesMax = 200_000;
// Linux says that a socket is writable when a third of its buffer is free: of the least one, not less than this.
const rooms = fc.integer({ min: 16_384, max: 131_072 });

it('passes everything on in order, holds little more than one write, and is over when all has left', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: writesMax }), { maxLength: 12 }),
      // The last frame of a stream has 14 bytes, and there is one try for each.
      fc.integer({ min: 14, max: 500_000 }),
      fc.infiniteStream(rooms),
      (sizes, lastBytes, events) => {
        const transport = new Transport(0);
        let overs = 0;
        const owner = { end: () => (overs += 1) };
        const sink = new ResponseSink(transport as unknown as HttpResponse, owner);
        const bodies = [...sizes, lastBytes].map((size, index) => new Uint8Array(size).fill(index + 1));
        let next = 0;
        const pump = (): void => {
          for (;;) {
            const bytes = bodies[next];
            if (bytes === undefined) return;
            next += 1;
            if (next === bodies.length) sink.end(bytes);
            else if (!sink.write(bytes)) return;
          }
        };
        sink.user = { taken: () => {}, drained: pump };
        pump();
        for (const room of events) {
          if (transport.ended) break;
          transport.room = room;
          sink.writable();
        }
        expect(Buffer.concat(transport.written).equals(Buffer.concat(bodies))).toBe(true);
        expect([overs, transport.waitingBytes]).toEqual([1, 0]);
        expect(transport.waitingBytesMax).toBeLessThanOrEqual(writesMax + 2 * limits.probeBytes);
      },
    ),
  );
});

it('is not over in the occasion in which its last byte had to wait', () => {
  const transport = new Transport(0);
  let overs = 0;
  const sink = new ResponseSink(transport as unknown as HttpResponse, { end: () => (overs += 1) });
  sink.user = { taken: () => {}, drained: () => sink.end(new Uint8Array(18)) };
  sink.write(new Uint8Array(1_000));
  // Kept in part, so that there is room again before the end is told.
  sink.write(new Uint8Array(20_000));
  transport.room = 21_017;
  sink.writable();
  expect([overs, transport.waitingBytes, transport.ended]).toEqual([0, 1, false]);
  transport.room = 1;
  sink.writable();
  expect([overs, transport.waitingBytes, transport.ended]).toEqual([1, 0, true]);
});

it('asks the transport to go on when its user has nothing to write', () => {
  const transport = new Transport(0);
  const sink = new ResponseSink(transport as unknown as HttpResponse, { end: () => undefined });
  expect(sink.write(new Uint8Array(1_000))).toBe(false);
  transport.room = 10_000;
  sink.writable();
  expect(transport.waitingBytes).toBe(0);
});
