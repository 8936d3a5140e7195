import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { BodiesFull, BodyBytes } from './body-bytes.ts';
import { collectBody, decodeBody } from './body.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import type { Exchange } from './exchange.ts';
import { limits } from './limits.ts';
import { RequestError } from './request-error.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The two callbacks that an exchange keeps until its answer is over. */
class FakeExchange {
  readonly head = { header: () => '' };
  leave: () => void = () => {};
  receive: (chunk: ArrayBuffer, isLast: boolean) => void = () => {};
  onGone(leave: () => void): () => void {
    this.leave = leave;
    return () => {
      this.leave = () => {};
    };
  }
  guard(run: () => void): void {
    run();
  }
  onBody(receive: (chunk: ArrayBuffer, isLast: boolean) => void): void {
    this.receive = receive;
  }
}

const start = (max: number) => {
  const exchange = new FakeExchange();
  const bytes = new BodyBytes(max);
  const hold = bytes.hold();
  const clock = new VirtualClock();
  const body = collectBody(exchange as unknown as Exchange, { clock, bodyBytesMax: 1_000_000, hold });
  return { exchange, bytes, hold, clock, body };
};

it('does not keep a body that was handed over', async () => {
  const exchange = new FakeExchange();
  const received = async (): Promise<WeakRef<Uint8Array>> => {
    const promise = collectBody(exchange as unknown as Exchange, {
      clock: new VirtualClock(),
      bodyBytesMax: 1_000_000,
      hold: new BodyBytes(1_000_000).hold(),
    });
    exchange.receive(new ArrayBuffer(500_000), true);
    const body = await promise;
    if (body === null) throw new Error('no body');
    return new WeakRef(body);
  };
  const body = await received();
  await new Promise(setImmediate);
  collectGarbage();
  expect(body.deref()).toBeUndefined();
  exchange.leave();
});

it('counts what is received, of all requests together, and refuses beyond', async () => {
  const { exchange, bytes, hold, body } = start(1_000);
  const other = bytes.hold();
  other.take(600);
  exchange.receive(new ArrayBuffer(400), false);
  expect(bytes.held).toBe(1_000);
  exchange.receive(new ArrayBuffer(1), true);
  await expect(body).rejects.toThrow(BodiesFull);
  hold.release();
  hold.release();
  expect(bytes.held).toBe(600);
  expect(() => hold.take(1)).toThrow(BodiesFull);
  other.release();
  expect(bytes.held).toBe(0);
});

it('counts what is decoded on top of what was received', async () => {
  const bytes = new BodyBytes(1_000);
  const hold = bytes.hold();
  const decoded = await decodeBody(gzipSync(Buffer.alloc(1_000, 'x')), 'gzip', 10_000, hold);
  expect([decoded.length, bytes.held]).toEqual([1_000, 1_000]);
  await expect(decodeBody(gzipSync('y'), 'gzip', 10_000, hold)).rejects.toThrow(BodiesFull);
});

it('settles when the client leaves', async () => {
  const { exchange, body } = start(1_000);
  exchange.receive(new ArrayBuffer(10), false);
  exchange.leave();
  exchange.receive(new ArrayBuffer(10), true);
  expect(await body).toBe(null);
});

it('is refused when it comes too slowly, and no deadline outlives it', async () => {
  const slow = start(1_000_000);
  slow.exchange.receive(new ArrayBuffer(limits.uploadWindowBytes - 1), false);
  slow.clock.advance(limits.uploadWindowMs);
  await expect(slow.body).rejects.toThrow(RequestError);
  await expect(slow.body).rejects.toMatchObject({ code: 'slow_upload' });
  const steady = start(1_000_000);
  for (let window = 0; window < 5; window += 1) {
    steady.exchange.receive(new ArrayBuffer(limits.uploadWindowBytes), false);
    steady.clock.advance(limits.uploadWindowMs - 1);
  }
  steady.exchange.receive(new ArrayBuffer(1), true);
  expect((await steady.body)?.length).toBe(5 * limits.uploadWindowBytes + 1);
  expect([slow.clock.pending, steady.clock.pending]).toEqual([0, 0]);
});
