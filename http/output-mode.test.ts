/** Which mode an answer has: the header, what the operator says, whom the client seems to be. */

import { expect, test } from 'vitest';
import { testOutput } from '../testkit/front-end.ts';
import { type Asking, outputMode, type OutputPolicy, outputTerms } from './output-mode.ts';

const asking = (more: Partial<Asking> = {}): Asking => ({ api: 'chat', header: '', tier: null, ...more });
const policy = (more: Partial<OutputPolicy> = {}): OutputPolicy => ({ ...testOutput, ...more });

test.each<[Partial<OutputPolicy>, Partial<Asking>, string]>([
  [{}, {}, 'openai-json'],
  [{}, { tier: 'high' }, 'obsidian-xml'],
  [{}, { tier: 'suspected' }, 'obsidian-xml'],
  [{}, { api: 'responses', tier: 'high' }, 'openai-json'],
  [{ responses: 'obsidian-xml' }, { api: 'responses' }, 'obsidian-xml'],
  [{ chat: 'openai-json' }, { tier: 'high' }, 'openai-json'],
  [{ chat: 'obsidian-xml' }, {}, 'obsidian-xml'],
  [{ chat: 'openai-json', detectCopilot: true }, { tier: 'high' }, 'obsidian-xml'],
  [{ chat: 'openai-json', detectCopilot: true }, { tier: 'suspected' }, 'openai-json'],
  [{ chat: 'openai-json', detectCopilot: true }, { tier: 'high', header: 'openai' }, 'openai-json'],
  [{}, { header: 'obsidian' }, 'obsidian-xml'],
  [{}, { header: ' Obsidian_XML ' }, 'obsidian-xml'],
  [{}, { header: 'obsidian-xml', api: 'responses' }, 'obsidian-xml'],
  [{ chat: 'obsidian-xml' }, { header: 'OPENAI_JSON' }, 'openai-json'],
  [{ chat: 'obsidian-xml' }, { header: 'openai-json' }, 'openai-json'],
  [{ chat: 'obsidian-xml' }, { header: 'yaml' }, 'obsidian-xml'],
])('P-131 P-217 %j %j %s', (some, who, mode) => {
  expect(outputMode(policy(some), asking(who))).toBe(mode);
});

test('P-130 P-137 text is read for calls, and calls end an answer, in obsidian-xml; the former elsewhere when it is wanted', () => {
  const terms = (header: string, more: Partial<OutputPolicy> = {}) => {
    const { textCalls, stopAfterCalls } = outputTerms(policy({ stopAfterCalls: true, ...more }), asking({ header }));
    return [textCalls, stopAfterCalls];
  };
  expect([terms('openai'), terms('obsidian'), terms('openai', { textCalls: true })]).toEqual([
    [false, false],
    [true, true],
    [true, false],
  ]);
});
