/** The scanner of deltas against `JSON.parse`: it declines, or it reads the same. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeltaLine } from './delta-line.ts';

/** One that has read other lines before. */
const line = new DeltaLine();

const scan = (bytes: Buffer): DeltaLine | null => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return line.readHead(bytes, 0) && line.readDelta(bytes, view, line.deltaStart) ? line : null;
};

const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\n', '\u2028', '\u007f', '👩‍👧', '\0', '\u001b'),
    ),
  )
  .map((all) => all.join(''));
const name = fc.oneof(
  fc.uuid(),
  fc.string({ maxLength: 6 }),
  fc.constantFrom('', 'a"b', 'a\\b', 'é', '\u007f', '__proto__'),
);
const message = fc.record({ threadId: name, turnId: name, itemId: name, delta: text, at: fc.option(fc.nat()) });

const shape = ({ at, ...params }: { at: number | null; delta: string }): object => ({
  method: 'item/agentMessage/delta',
  params,
  ...(at === null ? {} : { emittedAtMs: at }),
});
const plain = ({ threadId, turnId, itemId }: { threadId: string; turnId: string; itemId: string }): boolean =>
  [threadId, turnId, itemId].every((one) => /^[\x20-\x7e]*$/.test(one) && !/["\\]/.test(one));

/** If it is taken, it is what the general way reads. */
const agrees = (bytes: Buffer): void => {
  const taken = scan(bytes);
  if (taken === null) return;
  const end = bytes.indexOf(0x0a);
  expect(line.next).toBe(end + 1);
  const read = JSON.parse(bytes.toString('utf8', 0, end)) as { method: string; params: Record<string, string> };
  const between = (start: number, stop: number): string => bytes.toString('utf8', start, stop);
  const { delta = '', ...names } = read.params;
  expect(read.method).toBe('item/agentMessage/delta');
  expect(Object.keys(read).filter((key) => !['method', 'params', 'emittedAtMs'].includes(key))).toEqual([]);
  expect(names).toEqual({
    threadId: between(line.threadStart, line.threadEnd),
    turnId: between(line.turnStart, line.turnEnd),
    itemId: between(line.itemStart, line.itemEnd),
  });
  expect([line.units, line.utf8Bytes]).toEqual([delta.length, Buffer.byteLength(delta)]);
  const escaped = bytes.subarray(line.deltaStart, line.deltaEnd);
  expect(escaped.equals(Buffer.from(JSON.stringify(delta).slice(1, -1)))).toBe(true);
  const codes = escaped.toString('latin1').replaceAll('\\\\', '');
  expect(line.escapes).toBe(codes.includes('\\u') ? 2 : escaped.includes(0x5c) ? 1 : 0);
};

test('a line as the CLI writes it is taken, and read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(message, fc.constantFrom('\n', '\r\n'), (given, end) => {
      const said = { ...given, delta: given.delta.toWellFormed() };
      const bytes = Buffer.from(JSON.stringify(shape(said)) + end);
      expect(scan(bytes) !== null).toBe(plain(given) && given.at !== 0);
      agrees(bytes);
    }),
    { numRuns: 500 },
  );
});

/** JSON of the same value in other words: other escapes, other orders, blanks, more members, members twice. */
const reworded = fc.record({ given: message, seed: fc.infiniteStream(fc.nat(30)) }).map(({ given, seed }) => {
  const chance = (): number => seed.next().value ?? 30;
  const string = (value: string): string =>
    `"${Array.from(JSON.stringify(value).slice(1, -1))
      .map((one) => {
        const kind = one === '\\' ? 30 : chance();
        if (kind === 0)
          return one
            .split('')
            .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
            .join('');
        return kind === 1
          ? `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
          : one === '/'
            ? '\\/'
            : one;
      })
      .join('')}"`;
  const members = (all: readonly (readonly [string, string])[]): string => {
    const order = chance() < 3 ? [...all].toReversed() : [...all];
    if (chance() < 2) order.push(['more', '1']);
    if (chance() < 2 && order[0] !== undefined) order.push(order[0]);
    const [colon, comma] = [chance() < 2 ? ': ' : ':', chance() < 2 ? ' ,' : ','];
    return `{${order.map(([key, value]) => `"${key}"${colon}${value}`).join(comma)}}`;
  };
  const { at, ...params } = given;
  const time = chance() < 4 ? ['0', '-1', '1.5', '1e3', '"1"', '01', '123456789012345678901'][chance() % 7] : at;
  return members([
    ['method', string('item/agentMessage/delta')],
    ['params', members(Object.entries(params).map(([key, value]) => [key, string(value)]))],
    ...(at === null ? [] : ([['emittedAtMs', String(time)]] as const)),
  ]);
});

test('whatever else JSON can say, it is declined or read the same', () => {
  fc.assert(
    fc.property(reworded, (line) => agrees(Buffer.from(`${line}\n`))),
    { numRuns: 1_000 },
  );
});

test('of lines with wrong bytes in them what is no JSON is never taken', () => {
  fc.assert(
    fc.property(
      message.filter(plain),
      fc.array(
        fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0x22, 0x5c, 0x0a, 0x0d, 0xc0, 0xed, 0xf4, 0x7d))),
        { minLength: 1, maxLength: 3 },
      ),
      (given, wrong) => {
        const bytes = Buffer.from(`${JSON.stringify(shape({ ...given, delta: given.delta.toWellFormed() }))}\nx\n`);
        for (const [at, byte] of wrong) bytes[at % (bytes.length - 3)] = byte;
        agrees(bytes);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('bytes that are no UTF-8 are declined: others would see something else in their place', () => {
  const begun = Buffer.from(
    '{"method":"item/agentMessage/delta","params":{"threadId":"T","turnId":"U","itemId":"I","delta":"',
  );
  fc.assert(
    fc.property(fc.uint8Array({ min: 0x20, maxLength: 6 }), (raw) => {
      const bytes = Buffer.concat([begun, raw, Buffer.from('"}}\n')]);
      const isUtf8 = Buffer.from(Buffer.from(raw).toString('utf8')).equals(raw);
      if (!isUtf8) expect(scan(bytes)).toBeNull();
      else agrees(bytes);
    }),
    { numRuns: 2_000 },
  );
});

test('a very long delta goes the general way', () => {
  const long = (length: number): Buffer =>
    Buffer.from(
      `${JSON.stringify(shape({ threadId: 'T', turnId: 'U', itemId: 'I', delta: 'x'.repeat(length), at: 1 } as never))}\n`,
    );
  expect(scan(long(16_383))).not.toBeNull();
  expect(scan(long(16_384))).toBeNull();
});
