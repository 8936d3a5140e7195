import { expect, test } from 'vitest';
import { Readers } from './readers.ts';

test('the lag is that of those who read now', () => {
  const readers = new Readers();
  expect(readers.lag()).toEqual({ blocked: 0, bytes: 0, bytesMax: 0 });
  const leave = readers.enter({ blocked: true, lagBytes: 300 });
  readers.enter({ blocked: false, lagBytes: 20 });
  expect(readers.lag()).toEqual({ blocked: 1, bytes: 320, bytesMax: 300 });
  leave();
  leave();
  expect(readers.lag()).toEqual({ blocked: 0, bytes: 20, bytesMax: 20 });
});
