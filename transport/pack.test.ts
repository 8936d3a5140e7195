import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResponseLog } from '../actors/log.ts';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import { packExchange, packLog, unpackExchange, unpackLog } from './pack.ts';
import { packTranscript, unpackTranscript } from './transcript.ts';

test('a log comes back as it was', () => {
  fc.assert(
    fc.property(logPlan, (plan) => {
      const record = grown(plan).toRecord();
      const unpacked = unpackLog(packLog(record));
      expect(unpacked).toEqual(record);
      if (unpacked !== null) expect(ResponseLog.fromRecord(unpacked).toRecord()).toEqual(record);
    }),
  );
});

test('an exchange comes back as it was', () => {
  const input = fc.array(fc.jsonValue({ noUnicodeString: false }));
  fc.assert(
    fc.property(logPlan, input, (plan, asked) => {
      // As JSON that a client sent: without -0, and without a key that would set the prototype.
      const exchange = {
        input: JSON.parse(JSON.stringify(asked).replaceAll('__proto__', 'proto')),
        log: grown(plan).toRecord(),
      };
      expect(unpackExchange(packExchange(exchange))).toEqual(exchange);
    }),
  );
});

test('bytes that are none of ours are neither a log, nor an exchange, nor a transcript', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(unpackLog(bytes)).toBeNull();
      expect(unpackExchange(bytes)).toBeNull();
      expect(unpackTranscript(bytes)).toBeNull();
    }),
  );
  const packed = packTranscript([[0, 'in', 'x']]);
  expect(unpackLog(packed)).toBeNull();
  expect(unpackExchange(packed)).toBeNull();
  expect(unpackLog(packed.subarray(0, -1))).toBeNull();
});

test('a transcript comes back as it was', () => {
  const frame = fc.tuple(
    fc.nat(),
    fc.constantFrom('in' as const, 'out' as const, 'err' as const),
    fc.string({ unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      expect(unpackTranscript(packTranscript(frames))).toEqual(frames);
    }),
  );
});
