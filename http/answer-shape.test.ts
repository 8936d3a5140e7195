import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResponseLog } from '../actors/log.ts';
import { grown, logPlan } from '../testkit/log-arbitrary.ts';
import { answerShape } from './answer-shape.ts';

/** The text of all messages, by JSON itself. */
const textOf = (logs: readonly ResponseLog[]): string =>
  logs
    .flatMap((log) =>
      log.items
        .filter(({ kind }) => kind === 'message')
        .flatMap(({ parts }) => parts.map((part) => Buffer.from(log.escaped(part.start, part.end)).toString('utf8'))),
    )
    .map((escaped) => JSON.parse(`"${escaped}"`) as string)
    .join('');

test('P-203 the hash and the size are those of the whole text, in however many pieces it came', () => {
  fc.assert(
    fc.property(fc.array(logPlan, { maxLength: 3 }), (plans) => {
      const logs = plans.map(grown);
      const text = Buffer.from(textOf(logs));
      const { textBytes, textHash } = answerShape(logs);
      expect(textBytes).toBe(text.length);
      expect(textHash).toBe(text.length === 0 ? null : createHash('sha256').update(text).digest('hex'));
    }),
    { numRuns: 200 },
  );
});
