import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';
import { createLineWriter } from './writer.ts';

test('whatever the chunk size, the bytes are the lines', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.integer({ min: 0, max: 7 }), (lines, chunkBytes) => {
      const written: Uint8Array[] = [];
      const deferred: (() => void)[] = [];
      const sink = { write: (bytes: string | Uint8Array) => void written.push(Buffer.from(bytes as Uint8Array)) };
      const writer = createLineWriter(sink, chunkBytes, (fire) => void deferred.push(fire));
      for (const line of lines) writer.line(line);
      for (const fire of deferred) fire();
      expect(Buffer.concat(written).toString()).toBe(Buffer.from(lines.map((line) => `${line}\n`).join('')).toString());
    }),
  );
});

test('settings that are not understood are refused', () => {
  expect(() => readSettings({ FAKE_CODEX_DELTAS: 'many' })).toThrow('FAKE_CODEX_DELTAS must be a number');
  expect(() => readSettings({ FAKE_CODEX_FAULTS: 'dorp=1' })).toThrow('unknown fault dorp');
  expect(() => readSettings({ FAKE_CODEX_ACCOUNT: 'x' })).toThrow('FAKE_CODEX_ACCOUNT must be one of');
});

test('the load settings are a burst', () => {
  expect(readSettings({ FAKE_CODEX_DELTAS: '9', FAKE_CODEX_DELTA_BYTES: '3' }).defaultScenario).toBe(
    'burst n=9 size=3 delay=0',
  );
});
