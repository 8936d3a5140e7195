import * as fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Echo } from '../actors/head.ts';
import { ResponseLog } from '../actors/log.ts';
import type { Json } from '../actors/turn.ts';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import { defaultEcho, emptyLog } from '../testkit/log-examples.ts';
import { packItems, packLog, unpackItems, unpackLog } from './pack.ts';
import { packTranscript, unpackTranscript } from './transcript.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

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

test('an echo comes back as it was, whatever was packed before it', () => {
  const names = Object.keys(defaultEcho);
  const changed = fc.dictionary(fc.constantFrom(...names, 'extra'), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(changed, fc.boolean()), { minLength: 2, maxLength: 6 }), (said) => {
      for (const [more, isCopied] of said) {
        const echo = JSON.parse(JSON.stringify({ ...defaultEcho, ...more })) as Echo;
        const { head } = emptyLog('resp_1', isCopied ? echo : { ...defaultEcho, ...more }).toRecord();
        const unpacked = unpackLog(packLog(emptyLog('resp_1', head.echo).toRecord()));
        expect(unpacked?.head.echo).toEqual(echo);
        expect(Object.keys(unpacked?.head.echo ?? {})).toEqual(Object.keys(head.echo));
      }
    }),
  );
});

test('items come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (items) => {
      // As a client sends them: without -0, and without a key that would set the prototype.
      const sent = JSON.parse(JSON.stringify(items).replaceAll('__proto__', 'proto')) as Json[];
      expect(unpackItems(packItems(sent))).toEqual(sent);
    }),
  );
});

test('what is packed holds on to nothing else', () => {
  const packed = packItems(['x'.repeat(100)]);
  expect(packed.buffer.byteLength).toBe(packed.length);
});

test('something large that was packed once is not held on to', async () => {
  const held = async (): Promise<number> => {
    // What has just run may still be on the stack; the second collection waits until what the first has found is given back.
    await new Promise(setImmediate);
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  packItems(['x']);
  const before = await held();
  packItems(['x'.repeat(8_000_000)]);
  expect((await held()) - before).toBeLessThan(1_048_576);
});

test('bytes that are none of ours are neither a log, nor items, nor a transcript', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(unpackLog(bytes)).toBeNull();
      expect(unpackItems(bytes)).toBeNull();
      expect(unpackTranscript(bytes)).toBeNull();
    }),
  );
  const packed = packTranscript([[0, 'in', 'x']]);
  expect(unpackLog(packed)).toBeNull();
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
