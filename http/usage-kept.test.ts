import { expect, test } from 'vitest';
import { accountedExample, happeningsHub } from '../testkit/happenings.ts';
import { createRedactor } from '../transport/redact.ts';
import { keptBook } from './usage-kept.ts';

test('a key that stands where the name of a model was meant to is neither in the file nor in the book', () => {
  const key = 'the-key-of-the-gateway';
  const { watch, publish } = happeningsHub();
  const lines: string[] = [];
  const file = { append: (line: string) => void lines.push(line), read: () => Promise.resolve() };
  const book = keptBook(file, watch, createRedactor({ secrets: [key] }).text);
  publish('answer.accounted', { ...accountedExample, requestedModel: key, userAgent: `client ${key}` });
  publish('answer.accounted', { ...accountedExample, requestedModel: null });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { requested_model: '[secret]', user_agent: 'client [secret]' },
    { requested_model: null, effective_model: 'gpt-5' },
  ]);
  expect(JSON.stringify(book.latest(10))).not.toContain(key);
});

test('each name is masked by itself, however many there were before', () => {
  const { watch, publish } = happeningsHub();
  const lines: string[] = [];
  const file = { append: (line: string) => void lines.push(line), read: () => Promise.resolve() };
  keptBook(file, watch, (text) => `masked ${text}`);
  const agents = Array.from({ length: 600 }, (_, index) => `agent ${index % 400}`);
  for (const userAgent of agents) publish('answer.accounted', { ...accountedExample, userAgent });
  const told = lines.map((line) => (JSON.parse(line) as { user_agent: string }).user_agent);
  expect(told).toEqual(agents.map((agent) => `masked ${agent}`));
});
