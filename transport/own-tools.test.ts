import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TurnEvent, Usage } from '../actors/turn.ts';
import { OwnTools } from './own-tools.ts';

const usage = (inputTokens: number): Usage => ({
  inputTokens,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 1,
  reasoningOutputTokens: 0,
  totalTokens: inputTokens + 1,
});
const call = (name: string): TurnEvent => ({
  type: 'call.requested',
  item: 'i',
  kind: 'function_call',
  callId: 'c',
  name,
  arguments: '{}',
});
const sampled = (tokens: number): TurnEvent => ({ type: 'sampling.completed', usage: usage(tokens) });
const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };
const working: TurnEvent = { type: 'thought.observed' };
const theirs = [{ name: 'mine', description: '', inputSchema: {} }];
const heard = (...events: readonly TurnEvent[]): readonly TurnEvent[] => {
  const tools = new OwnTools(theirs);
  return events.flatMap((event) => tools.heard(event));
};

test('a call of the CLI’s own does not end the answer; its tokens are told with those of the last sampling', () => {
  expect(heard(call('exec_command'), sampled(1), sampled(2), ended)).toEqual([
    working,
    working,
    sampled(1),
    sampled(2),
    ended,
  ]);
});

test('a call of the client’s ends it, whatever else was called with it', () => {
  const mixed = [call('exec_command'), call('mine'), sampled(1)];
  expect(heard(...mixed)).toEqual([working, call('mine'), sampled(1)]);
});

test('a turn that breaks off has its tokens told all the same', () => {
  expect(heard(call('apply_patch'), sampled(1), ended)).toEqual([working, working, sampled(1), ended]);
});

test('whatever happens, every sampling is told once, in order, and no call but the client’s', () => {
  const name = fc.constantFrom('mine', 'exec_command', 'unheard_of');
  const sampling = fc.array(name, { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(sampling, { maxLength: 6 }), (samplings) => {
      const events = samplings.flatMap((names, at) => [...names.map(call), sampled(at)]);
      const told = heard(...events, ended);
      expect(told.filter(({ type }) => type === 'sampling.completed')).toEqual(samplings.map((_, at) => sampled(at)));
      expect(told.filter(({ type }) => type === 'call.requested')).toEqual(
        samplings
          .flat()
          .filter((one) => one === 'mine')
          .map(call),
      );
      expect(told.at(-1)).toEqual(ended);
    }),
  );
});
