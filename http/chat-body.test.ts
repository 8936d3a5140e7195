import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Outcome } from '../machines/outcome.ts';
import type { ResponseLog } from '../actors/log.ts';
import { call, callLog, completed, emptyLog, end, failureLog, say, textLog, think } from '../testkit/log-examples.ts';
import { chatBody } from './chat-body.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../testkit/fixtures/${name}`, import.meta.url), 'utf8').trimEnd();

it.each([
  ['chat-text.json', textLog('resp_b1')],
  ['chat-call.json', callLog()],
])('%s byte for byte', (name, log) => {
  expect(chatBody([log])).toBe(fixture(name));
});

const body = (outcome: Outcome, ...steps: ((log: ResponseLog) => void)[]) => {
  const log = emptyLog('resp_chat');
  log.begin();
  for (const step of steps) step(log);
  return JSON.parse(chatBody([end(log, outcome, null)]));
};

const filtered: Outcome = { type: 'incomplete', reason: 'content_filter' };
const capped: Outcome = { type: 'incomplete', reason: 'max_output_tokens' };

it('messages are joined by a blank line', () => {
  const { choices } = body(
    completed,
    (log) => say(log, 'msg_0', ['One']),
    (log) => say(log, 'msg_1', ['Two']),
  );
  expect(choices[0].message.content).toBe('One\n\nTwo');
});

it('a summary becomes reasoning_content', () => {
  const { choices } = body(
    completed,
    (log) => think(log, 'rs_0', ['Plan', ' A']),
    (log) => say(log, 'msg_1', ['Go']),
  );
  expect(choices[0].message).toMatchObject({ content: 'Go', reasoning_content: 'Plan A' });
});

it('an empty answer is an empty text', () => {
  expect(body(completed).choices[0].message.content).toBe('');
});

it('unknown usage is null', () => {
  expect(body(completed).usage).toBeNull();
});

it.each([
  ['content_filter', filtered],
  ['length', capped],
  ['tool_calls', completed],
])('finish reason %s', (reason, outcome) => {
  const { choices } = body(outcome, (log) => call(log, '1', ['{}']));
  expect(choices[0].finish_reason).toBe(reason);
});

it('a filter that left no text leaves null', () => {
  expect(body(filtered).choices[0].message.content).toBeNull();
});

it('a refusal stands beside no text', () => {
  const { choices } = body(completed, (log) => {
    const item = log.openItem({ id: 'msg_0', kind: 'message' });
    const part = log.openPart(item, 'refusal');
    log.append(part, 'No');
    log.closePart(part);
    log.closeItem(item);
  });
  expect(choices[0].message).toMatchObject({ content: null, refusal: 'No' });
});

it('a failed log has no body', () => {
  expect(() => chatBody([failureLog()])).toThrow('did not end with an answer');
});

it('P-106: a request with functions has its first call in both forms', () => {
  const log = emptyLog('resp_chat');
  log.begin();
  call(log, 'one', ['{}']);
  call(log, 'two', ['{}']);
  const { message } = JSON.parse(chatBody([end(log, completed, null)], true)).choices[0];
  expect(message.tool_calls).toHaveLength(2);
  expect(message.function_call).toEqual(message.tool_calls[0].function);
});

it('a call within a namespace tells it', () => {
  const log = emptyLog('resp_chat');
  log.begin();
  const item = log.openItem({ id: 'fc_1', kind: 'function_call', callId: 'call_1', name: 'f', namespace: 'n' });
  const part = log.openPart(item, 'arguments');
  log.append(part, '{}');
  log.closePart(part);
  log.closeItem(item);
  const { message } = JSON.parse(chatBody([end(log, completed, null)])).choices[0];
  expect(message.tool_calls[0].function).toEqual({ name: 'f', namespace: 'n', arguments: '{}' });
});
