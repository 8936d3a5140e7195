import { describe, expect, test } from 'vitest';
import {
  bodyFixture,
  type Frame,
  framesOf,
  type ResponsesFixture,
  renumbered,
  responsesFixtures,
  streamFixture,
} from '../fixtures/fixture.ts';
import type { JsonObject } from './json.ts';
import { validateResponseObject, validateResponsesStream } from './responses.ts';
import { judged, ruleOf } from './mutation.ts';

/** A failure drops the open item, so no copy confirms its deltas: the only frames a stream can lose or repeat. */
function unconfirmed(name: ResponsesFixture): Frame[] {
  return framesOf(name).filter((frame) => name === 'responses-d' && frame['type'] === 'response.output_text.delta');
}

describe('worked examples', () => {
  test.each([
    ['responses-a', 'completed'],
    ['responses-b', 'completed'],
    ['responses-c', 'completed'],
    ['responses-d', 'failed'],
    ['responses-e', 'incomplete'],
  ] as const)('%s is accepted and folds to its terminal response', (name, ending) => {
    const verdict = validateResponsesStream(streamFixture(name));
    expect(verdict.ending).toBe(ending);
    expect(verdict.response).toEqual(framesOf(name).at(-1)?.['response']);
  });

  test('2.5 is accepted as a body and equals the fold of B', () => {
    const body = JSON.parse(new TextDecoder().decode(bodyFixture('responses-b'))) as JsonObject;
    expect(validateResponseObject({ ...body, created: 1790000000 })).toBeTruthy();
    expect(validateResponsesStream(streamFixture('responses-b'), { body }).response).toEqual(body);
  });

  test.each(responsesFixtures)('%s truncated at any byte is refused', (name) => {
    const bytes = streamFixture(name);
    const judge = (end: number): unknown => ruleOf(() => validateResponsesStream(bytes.subarray(0, end)));
    expect([...bytes.keys()].filter((end) => judge(end) !== 1)).toEqual([]);
  });

  test.each(responsesFixtures)('%s without any one of its frames is refused', (name) => {
    const frames = framesOf(name);
    const kept = frames.filter((_, at) => judged(renumbered(frames.toSpliced(at, 1))) === 'accepted');
    expect(kept).toEqual(unconfirmed(name));
  });

  test.each(responsesFixtures)('%s with any frame doubled is refused', (name) => {
    const frames = framesOf(name);
    const kept = frames.filter((frame, at) => judged(renumbered(frames.toSpliced(at, 0, frame))) === 'accepted');
    expect(kept).toEqual(unconfirmed(name));
  });

  test.each(responsesFixtures)('%s with any two neighbours swapped is refused', (name) => {
    const frames = framesOf(name);
    const swapped = (at: number): Frame[] => [
      ...frames.slice(0, at),
      frames[at + 1] as Frame,
      frames[at] as Frame,
      ...frames.slice(at + 2),
    ];
    const accepted = [...frames.keys()].slice(0, -1).filter((at) => judged(renumbered(swapped(at))) === 'accepted');
    expect(accepted).toEqual([]);
  });

  test.each(responsesFixtures)('%s without any one member of any frame is refused', (name) => {
    const frames = framesOf(name);
    const without = (at: number, key: string): Frame[] =>
      frames.with(at, Object.fromEntries(Object.entries(frames[at] ?? {}).filter(([name]) => name !== key)));
    const places = frames.flatMap((frame, at) => Object.keys(frame).map((key) => [at, key] as const));
    expect(places.filter(([at, key]) => judged(without(at, key)) === 'accepted')).toEqual([]);
  });
});
