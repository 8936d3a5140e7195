/**
 * Lines to a stream, gathered: everything of one tick leaves in one write, or in pieces of a fixed size. Invariant: bytes
 * leave in order, and `finish` calls back only when all of them have left. As in the real process there is no
 * back-pressure: a reader that pauses makes the memory grow.
 */
export interface ByteSink {
  write(bytes: string | Uint8Array, done?: () => void): void;
}

export interface LineWriter {
  line(text: string): void;
  bytes(bytes: string | Uint8Array): void;
  finish(done: () => void): void;
}

const gatheredCharsMax = 1 << 20;

export function createLineWriter(sink: ByteSink, chunkBytes: number, defer: (fire: () => void) => void): LineWriter {
  let gathered = '';
  let scheduled = false;

  const put = (bytes: string | Uint8Array): void => {
    if (chunkBytes === 0) return sink.write(bytes);
    const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    for (let from = 0; from < whole.length; from += chunkBytes) sink.write(whole.subarray(from, from + chunkBytes));
  };
  const flush = (): void => {
    if (gathered === '') return;
    const leaving = gathered;
    gathered = '';
    put(leaving);
  };
  const gather = (text: string): void => {
    gathered += text;
    if (gathered.length > gatheredCharsMax) return flush();
    if (scheduled) return;
    scheduled = true;
    defer(() => {
      scheduled = false;
      flush();
    });
  };

  return {
    line: (text) => gather(`${text}\n`),
    bytes(bytes) {
      if (typeof bytes === 'string') return gather(bytes);
      flush();
      put(bytes);
    },
    finish(done) {
      flush();
      sink.write('', done);
    },
  };
}
