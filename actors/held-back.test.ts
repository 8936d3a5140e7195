/** What is held back of a message, and what becomes of it when the message does not go on as it began. */

import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';
import { accepted, closed, code, delta, ended, sampled, text } from '../testkit/words.ts';
import { noTerms, type OutputTerms, plainOutput, type Terms } from './terms.ts';
import { canonicalBlock } from './tool-block.ts';
import { blockCharsMax } from './tool-text.ts';
import type { TurnEvent } from './turn.ts';

const f = canonicalBlock('f', '{"id":"1"}');
const g = canonicalBlock('g', '{}');
const retried: TurnEvent = { type: 'upstream.retried' };
const call = (name: string, input: string): TurnEvent => ({
  type: 'call.requested',
  kind: 'function_call',
  item: `item_${name}`,
  callId: `call_${name}`,
  name,
  arguments: input,
});

const answering = (output: Partial<OutputTerms>, terms: Partial<Terms> = {}) => {
  const house = new House().rise();
  const handle = house.open({ terms: { ...noTerms, ...terms, output: { ...plainOutput, ...output } } });
  const say = (...events: readonly TurnEvent[]): void => {
    for (const event of events) house.launcher.worker(0).say(handle.id, event);
    expect(house.bugs).toEqual([]);
  };
  const calls = (): readonly (string | undefined)[] => handle.log.items.flatMap(({ name }) => name ?? []);
  return { house, handle, say, calls };
};

test.each([
  ['what may begin a stop sequence', { textCalls: true }, 'ST'],
  ['what may begin a block', { textCalls: true }, '<use_'],
  ['what may be metadata', { sanitize: true }, 'key: value\n'],
])('A-35 %s is forgotten when the sampling begins again', (_, output, held) => {
  const { handle, say } = answering(output, { stop: ['STOP'] });
  say(accepted, delta(held, 'm1'), retried, delta('OP it', 'm2'), closed('OP it', 'm2'), sampled, ended);
  expect([code(handle), text(handle)]).toEqual(['completed', 'OP it']);
});

test('A-35 so is a message that was complete, and not told yet', () => {
  const { handle, say } = answering({ sanitize: true });
  const said = 'key: value';
  say(accepted, delta(said), closed(said), retried, delta(said, 'm2'), closed(said, 'm2'), sampled, ended);
  expect([code(handle), text(handle)]).toEqual(['completed', said]);
});

test('A-35 so is what came under the same id', () => {
  const { handle, say } = answering({ textCalls: true });
  say(accepted, delta('<use'), retried, delta('<use it'), closed('<use it'), sampled, ended);
  expect([code(handle), text(handle)]).toEqual(['completed', '<use it']);
});

test('P-136 A-61 a call is told once, also where its block waits behind what may be metadata', () => {
  const { handle, say, calls } = answering({ textCalls: true, sanitize: true });
  const said = `key: value\n${f}`;
  say(accepted, delta(said), closed(said), call('f', '{"id":"1"}'), sampled, ended);
  expect([code(handle), calls()]).toEqual(['completed', ['f']]);
});

test('P-138 C-29 no more calls than are wanted, also where their blocks wait', () => {
  const { handle, say, calls } = answering({ textCalls: true, sanitize: true, blocksMax: 1 });
  const said = `key: value\n${f}`;
  say(accepted, delta(said), closed(said), call('g', '{}'), sampled, ended);
  expect([calls(), handle.log.ending?.moreCalls]).toEqual([['f'], true]);
});

test('P-139 text before a call that is not told is text behind the last one', () => {
  const { handle, say, calls } = answering({ textCalls: true, suppressTail: true }, { callsMax: 1 });
  say(accepted, delta(`a ${f} b ${g} c`), closed(`a ${f} b ${g} c`), sampled, ended);
  expect(calls()).toEqual(['f']);
  expect(handle.log.items.filter(({ kind }) => kind === 'message').map(({ parts }) => parts.length)).toEqual([1]);
});

test('P-137 without a grace, what is being written is waited for without hurry', () => {
  const { house, handle, say } = answering({
    textCalls: true,
    mode: 'obsidian-xml',
    stopAfterCalls: true,
    stopGraceMs: 0,
  });
  let looks = 0;
  const { schedule } = house.clock;
  house.clock.schedule = (delayMs, fire) => {
    looks += 1;
    return schedule.call(house.clock, delayMs, fire);
  };
  say(accepted, delta(`${f}<use_tool>`));
  for (let ms = 0; ms < 1_000; ms += 1) house.clock.advance(1);
  expect(looks).toBeLessThan(50);
  expect(handle.log.ending).toBeNull();
  say(delta('<name>g</name></use_tool>'));
  house.clock.advance(0);
  expect(handle.log.ending?.cut).toBe('tools');
});

test('blocks that are begun over and over cost no more than their text', () => {
  const { handle, say } = answering({ textCalls: true });
  const said = '<use_tool>'.repeat(blockCharsMax / 16);
  say(accepted, delta(said), closed(said), sampled, ended);
  expect([code(handle), text(handle) === said]).toEqual(['completed', true]);
});

test('a call that is nested deeper than can be read is text', () => {
  const { handle, say, calls } = answering({ textCalls: true });
  const deep = `<use_tool name="f">{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}</use_tool>`;
  say(accepted, delta(deep), closed(deep), sampled, ended);
  expect([code(handle), calls(), text(handle).length]).toEqual(['completed', [], JSON.stringify(deep).length - 2]);
});

test('arguments that are nested deeper than can be written stand in their block as they are', () => {
  const { handle, say, calls } = answering({ mode: 'obsidian-xml', textCalls: true });
  say(accepted, call('f', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), sampled, ended);
  expect([code(handle), calls()]).toEqual(['completed', ['f']]);
});
