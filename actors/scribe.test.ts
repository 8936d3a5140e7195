/** The truth text: whatever the chunks, the completions and the noise, the log says what the model said, once. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { StreamEvent } from '../machines/protocol.ts';
import { countingIds, echo, silent } from '../testkit/house.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { ResponseLog } from './log.ts';
import { noTerms } from './terms.ts';
import { Scribe } from './scribe.ts';
import type { TurnEvent } from './turn.ts';

const lease = { slot: 0 as Slot, epoch: 1 as Epoch };

interface Desk {
  readonly log: ResponseLog;
  readonly scribe: Scribe;
  readonly told: string[];
}

const desk = (): Desk => {
  const log = new ResponseLog({
    id: countingIds().response() as ResponseId,
    createdAt: 1,
    model: 'm',
    echo,
    revealEncrypted: false,
  });
  const told: string[] = [];
  const tell = (event: StreamEvent): void => void told.push(event.type);
  const clock = new VirtualClock();
  return {
    log,
    told,
    scribe: new Scribe(log, {
      lease,
      house: { clock, journal: silent, responseBytesMax: 10_000 },
      tell,
      terms: noTerms,
      inputTokens: 5,
    }),
  };
};

const delta = (item: string, text: string): TurnEvent => ({ type: 'text.delta', item, delta: text });
const closed = (item: string, text: string): TurnEvent => ({ type: 'item.closed', item, kind: 'message', text });
const final = (item: string): TurnEvent => ({ type: 'item.final', item, kind: 'message', annotations: [] });
const opened = (item: string): TurnEvent => ({ type: 'item.opened', item, kind: 'message' });

/** The text of each item, as a client would parse it. */
const texts = ({ log }: Desk): readonly string[] =>
  log.items.map((item) => item.parts.map((part) => JSON.parse(`"${log.escapedText(part)}"`) as string).join('|'));

/** Text with everything that has ever been lost somewhere: pairs, joiners, controls, quotes, separators. */
const words = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('👩‍👩‍👧', '\u2028', '"', '\\', '\r\n', '\0', 'é', '<use'),
    ),
  )
  .map((parts) => parts.join(''));

/** Cuts at any UTF-16 unit, inside of surrogate pairs too. */
const cuts = (text: string, points: readonly number[]): readonly string[] => {
  const ends = [...new Set(points.map((point) => point % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};

describe('truth text', () => {
  test('is the deltas, whatever the chunks and batches', () => {
    fc.assert(
      fc.property(words, fc.array(fc.nat()), fc.nat({ max: 5 }), (text, points, size) => {
        const one = desk();
        const events = [
          opened('m'),
          ...cuts(text, points).map((piece) => delta('m', piece)),
          closed('m', text),
          final('m'),
        ];
        while (events.length > 0) one.scribe.hear(events.splice(0, size + 1));
        one.scribe.end({ type: 'completed' });
        expect(texts(one)).toEqual([text.toWellFormed()]);
        // Every delta is made of whole code points.
        for (let index = 0; index < one.log.length; index += 1) {
          const step = one.log.step(index);
          if (step.type !== 'delta') continue;
          const piece = JSON.parse(`"${Buffer.from(one.log.escaped(step.start, step.end)).toString()}"`) as string;
          expect(piece.isWellFormed() && piece !== '').toBe(true);
        }
      }),
    );
  });

  test('is completed by the text of the item where that goes further, and the deltas win otherwise', () => {
    fc.assert(
      fc.property(words, words, fc.array(fc.nat()), (said, more, points) => {
        const [prefix, whole] = [said.toWellFormed(), (said + more).toWellFormed()];
        const one = desk();
        one.scribe.hear([...cuts(prefix, points).map((piece) => delta('m', piece)), closed('m', whole), final('m')]);
        one.scribe.end({ type: 'completed' });
        expect(texts(one)).toEqual([whole.startsWith(prefix) ? whole : prefix]);
      }),
    );
    const other = desk();
    other.scribe.hear([delta('m', 'Hello'), closed('m', 'Goodbye world')]);
    other.scribe.end({ type: 'completed' });
    expect(texts(other)).toEqual(['Hello']);
  });

  test.each<[string, readonly TurnEvent[], readonly string[]]>([
    ['nothing at all', [], ['']],
    ['an item that was only started', [opened('m')], ['']],
    ['deltas without a completion', [opened('m'), delta('m', 'a'), delta('m', 'b')], ['ab']],
    ['a completion without deltas', [closed('m', 'ab')], ['ab']],
    ['two completions', [delta('m', 'ab'), closed('m', 'ab'), closed('m', 'ab'), final('m'), final('m')], ['ab']],
    ['deltas after the completion', [closed('m', 'ab'), delta('m', 'a'), delta('m', 'b')], ['ab']],
    ['deltas after the raw item', [closed('m', 'ab'), final('m'), delta('m', 'c'), opened('m')], ['ab']],
    [
      'two messages',
      [delta('m', 'First.'), closed('m', 'First.'), opened('n'), delta('n', 'Second.')],
      ['First.', 'Second.'],
    ],
    ['empty deltas', [delta('m', ''), delta('m', 'x'), delta('m', '')], ['x']],
  ])('%s', (_name, events, expected) => {
    const one = desk();
    one.scribe.hear(events);
    one.scribe.end({ type: 'completed' });
    expect(texts(one)).toEqual(expected);
    expect(one.told).not.toContain('output.broken');
  });
});

describe('items', () => {
  test('a lone surrogate that nothing follows becomes U+FFFD', () => {
    const one = desk();
    one.scribe.hear([delta('m', 'a\ud83d')]);
    one.scribe.end({ type: 'completed' });
    expect(texts(one)).toEqual(['a\ufffd']);
  });

  test('reasoning is written with its summary parts and its encrypted content', () => {
    const events: readonly TurnEvent[] = [
      { type: 'item.opened', item: 'r', kind: 'reasoning' },
      { type: 'summary.opened', item: 'r', index: 0 },
      { type: 'summary.delta', item: 'r', index: 0, delta: 'one' },
      { type: 'summary.delta', item: 'r', index: 1, delta: 'two' },
      { type: 'item.closed', item: 'r', kind: 'reasoning', text: '' },
      { type: 'item.final', item: 'r', kind: 'reasoning', annotations: [], encrypted: 'E' },
      delta('m', 'x'),
    ];
    const one = desk();
    one.scribe.hear(events);
    one.scribe.end({ type: 'completed' });
    expect(texts(one)).toEqual(['one|two', 'x']);
    expect(one.log.items[0]?.encrypted).toBe('E');
  });

  test('an answer that was cut ends with its item incomplete; one that the filter swallowed leaves none', () => {
    const cut = desk();
    cut.scribe.hear([delta('m', 'The sea'), closed('m', 'The sea'), final('m')]);
    cut.scribe.end({ type: 'incomplete', reason: 'max_output_tokens' });
    expect(cut.log.items.map((item) => item.status)).toEqual(['incomplete']);
    const filtered = desk();
    filtered.scribe.hear([opened('m')]);
    filtered.scribe.end({ type: 'incomplete', reason: 'content_filter' });
    expect(filtered.log.items).toEqual([]);
  });

  test('a failure closes nothing and says nothing more', () => {
    const one = desk();
    one.scribe.hear([delta('m', 'The answer')]);
    const before = one.log.length;
    one.scribe.end({ type: 'cancelled' });
    one.scribe.hear([delta('m', ' late'), { type: 'turn.closed' }]);
    expect(one.log.length).toBe(before + 2);
    expect(one.told.at(-1)).toBe('turn.closed');
  });

  test('a message that goes on after something else took its place breaks the answer, it is not cut in silence', () => {
    const call = {
      type: 'call.requested',
      kind: 'function_call',
      name: 'f',
      arguments: '{}',
      item: 'c',
      callId: 'k',
    } as const;
    for (const between of [call, { type: 'item.opened', item: 'r', kind: 'reasoning' } as const]) {
      const one = desk();
      one.scribe.hear([delta('m', 'The answer'), between]);
      expect(one.told).not.toContain('output.broken');
      one.scribe.hear([delta('m', ' is 42')]);
      expect(one.told).toContain('output.broken');
    }
  });

  test('what the end writes by itself is no news to the machine', () => {
    const one = desk();
    one.scribe.hear([{ type: 'sampling.completed', usage: null }]);
    one.scribe.end({ type: 'completed' });
    expect(one.told).toEqual(['sampling.completed']);
    expect(texts(one)).toEqual(['']);
  });

  // Found by the model checker (scope `talk`): a second sampling said something and was retried within one chunk, the
  // machine still took the response for finished, and what was said came twice.
  test('output after the end of a sampling is told before anything else about the turn', () => {
    const it = desk();
    const sampled: TurnEvent = { type: 'sampling.completed', usage: null };
    it.scribe.hear([opened('a'), delta('a', 'x'), closed('a', 'x'), final('a'), sampled]);
    it.told.length = 0;
    it.scribe.hear([opened('b'), delta('b', 'y'), { type: 'upstream.retried' }]);
    expect(it.told).toEqual(['output.observed', 'upstream.retried']);
  });

  test('ids are unique and carry the kind', () => {
    const one = desk();
    const call = { type: 'call.requested', kind: 'function_call', name: 'f', arguments: '{"a":1}' } as const;
    one.scribe.hear([
      delta('m', 'x'),
      closed('m', 'x'),
      { ...call, item: 'c', callId: 'k' },
      { ...call, item: 'c', callId: 'k' },
    ]);
    one.scribe.end({ type: 'completed' });
    expect(one.log.items.map((item) => item.id.replace(/_0+1_/, '_'))).toEqual(['msg_0', 'fc_1']);
  });

  test('output beyond the limit is reported', () => {
    const one = desk();
    one.scribe.hear([delta('m', 'x'.repeat(10_001))]);
    expect(one.told).toEqual(['output.started', 'output.overflowed']);
  });
});

test('usage is summed over samplings, and the running total counts only for an answer that was cut', () => {
  const count = (n: number) => ({
    inputTokens: n,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: n,
    reasoningOutputTokens: 0,
    totalTokens: 2 * n,
  });
  const one = desk();
  one.scribe.hear([
    { type: 'sampling.completed', usage: count(1) },
    { type: 'sampling.completed', usage: count(2) },
  ]);
  one.scribe.end({ type: 'completed' });
  expect(one.log.ending).toMatchObject({ usage: count(3) });
  expect(one.log.ending).not.toHaveProperty('countedBy');
  // One of them was not counted by the provider.
  const mixed = desk();
  mixed.scribe.hear([
    { type: 'sampling.completed', usage: count(1) },
    { type: 'sampling.completed', usage: count(2), countedBy: 'token_count' },
  ]);
  mixed.scribe.end({ type: 'completed' });
  expect(mixed.log.ending).toMatchObject({ usage: count(3), countedBy: 'token_count' });
  const again = desk();
  again.scribe.hear([
    { type: 'sampling.completed', usage: count(1), sampling: 'a' },
    { type: 'sampling.completed', usage: count(4), sampling: 'b' },
    { type: 'sampling.completed', usage: count(2), sampling: 'a' },
  ]);
  again.scribe.end({ type: 'completed' });
  expect(again.log.ending?.usage).toEqual(count(6));
  const observed: TurnEvent = { type: 'usage.observed', total: count(7) };
  const cut = desk();
  cut.scribe.hear([observed]);
  cut.scribe.end({ type: 'incomplete', reason: 'max_output_tokens' });
  expect(cut.log.ending).toMatchObject({ usage: count(7), countedBy: 'token_count' });
  // Of a whole answer the running total is not trusted.
  const whole = desk();
  whole.scribe.hear([observed]);
  whole.scribe.end({ type: 'completed' });
  expect(whole.log.ending).toMatchObject({ usage: { outputTokens: 1 }, isEstimate: true });
});
