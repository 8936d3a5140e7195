// What the incomplete and the failing scenarios leave out, and what they still say.

import { describe, expect, test } from 'vitest';
import { eventsOf, stepsOf, textOf } from './scene.ts';

describe('scenarios with gaps', () => {
  const families = ['output_item.added', 'output_text.delta', 'output_item.done', 'completed'];
  test.each([
    ['nodelta', 'output_item.added output_item.done completed'],
    ['noadded', 'output_text.delta output_item.done completed'],
    ['doneonly', 'output_item.done completed'],
    ['deltasonly', 'output_text.delta completed'],
    ['nodone', 'output_item.added output_text.delta completed'],
    ['noterminal', 'output_item.added output_text.delta'],
    ['cut', 'output_item.added output_text.delta'],
    ['cut done', 'output_item.added output_text.delta output_item.done'],
    ['hang', ''],
    ['hangmid', 'output_item.added output_text.delta'],
    ['failed', ''],
    ['incomplete', 'output_item.added output_text.delta output_item.done'],
  ])('%s sends: %s', (spec, expected) => {
    const types = new Set(eventsOf(spec).map((one) => one.type));
    expect(families.filter((one) => types.has(`response.${one}`)).join(' ')).toBe(expected);
  });

  test('twice goes on after a first, complete end', () => {
    const types = eventsOf('twice').map((one) => one.type);
    const end = types.indexOf('response.completed');
    expect(types.slice(end + 1)).toEqual(['response.output_text.delta', 'response.completed']);
  });

  test('junk leaves the good events as they are', () => {
    const good = eventsOf('text').map((one) => one.type);
    expect(eventsOf('malformed').map((one) => one.type)).toEqual(good);
    expect(
      eventsOf('unknownevent')
        .map((one) => one.type)
        .filter((type) => !type.includes('future')),
    ).toEqual(good);
  });
});

describe('failures', () => {
  test.each([
    ['hangheaders', ['hang']],
    ['reset', ['break']],
    ['closeearly', ['break']],
    ['status code=404', ['answer']],
  ])('%s does only: %s', (spec, expected) => {
    expect(stepsOf(spec).map((step) => step.step)).toEqual(expected);
  });

  test('incomplete keeps its text, reason and usage', () => {
    const events = eventsOf('incomplete n=3 reason=content_filter');
    expect(textOf(events)).toBe('Hello, world');
    expect(events.at(-1)?.['response']).toMatchObject({
      incomplete_details: { reason: 'content_filter' },
      usage: { output_tokens: 3 },
    });
  });

  test('status names well-known errors by kind and lets members be replaced', () => {
    const [step] = stepsOf('status kind=quota code=402 message=no retryafter=3');
    expect(step).toMatchObject({
      status: 402,
      headers: { 'retry-after': '3' },
      body: { error: { code: 'insufficient_quota', message: 'no' } },
    });
  });
});
