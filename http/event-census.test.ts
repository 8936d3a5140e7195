import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteTape } from '../actors/tape.ts';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import { eventCensus, eventNames } from './event-census.ts';
import { responsesStream } from './responses-stream.ts';

test('P-192 the census of a log is what its stream says, event by event, and each name is on the list', () => {
  fc.assert(
    fc.property(logPlan, (plan) => {
      const log = grown(plan);
      const out = new ByteTape();
      responsesStream().project(log, 0, out, Number.POSITIVE_INFINITY);
      const told = [
        ...out
          .view()
          .toString('utf8')
          .matchAll(/^event: (.*)$/gm),
      ].map(([, event]) => event ?? '');
      const counts = new Map<string, number>();
      for (const event of told) counts.set(event, (counts.get(event) ?? 0) + 1);
      expect(eventCensus(log)).toEqual(counts);
      for (const event of counts.keys()) expect(eventNames).toContain(event);
    }),
  );
  expect(new Set(eventNames).size).toBe(eventNames.length);
});
