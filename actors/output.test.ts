/** What the answer looks like in each output mode, through the whole runtime: text, calls, their order, and how it ends. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../machines/outcome.ts';
import { House } from '../testkit/house.ts';
import { noTerms, type OutputTerms, plainOutput, type Terms, type TextTool } from './terms.ts';
import { canonicalBlock } from './tool-block.ts';
import type { TurnEvent } from './turn.ts';

const opened = (item: string): TurnEvent => ({ type: 'item.opened', item, kind: 'message' });
const delta = (item: string, text: string): TurnEvent => ({ type: 'text.delta', item, delta: text });
const closed = (item: string, text: string, metadata?: readonly string[]): TurnEvent => ({
  type: 'item.closed',
  item,
  kind: 'message',
  text,
  ...(metadata === undefined ? {} : { metadata }),
});
const final = (item: string): TurnEvent => ({ type: 'item.final', item, kind: 'message', annotations: [] });
const call = (item: string, name = 'f', input = '{"id":"1"}'): TurnEvent => ({
  type: 'call.requested',
  kind: 'function_call',
  item,
  callId: `call_${item}`,
  name,
  arguments: input,
});
const sampled: TurnEvent = { type: 'sampling.completed', usage: null };
const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };
const message = (item: string, pieces: readonly string[]): readonly TurnEvent[] => [
  opened(item),
  ...pieces.map((piece) => delta(item, piece)),
  closed(item, pieces.join('')),
  final(item),
];

const tool = (name: string, more: Partial<TextTool> = {}): readonly [string, TextTool] => [
  name,
  { tool: { kind: 'function_call', name }, strict: false, schema: {}, ...more },
];
const json: OutputTerms = { ...plainOutput, textCalls: true, textTools: new Map([tool('f'), tool('g')]) };
const xml: OutputTerms = { ...plainOutput, mode: 'obsidian-xml', textCalls: true };
const f = canonicalBlock('f', '{"id":"1"}');
const g = canonicalBlock('g', '{}');
const tagged = '<tool_call>{"name":"f","arguments":{"id":"1"}}</tool_call>';

type Step = TurnEvent | number | 'exit';

/** Numbers let so many milliseconds pass. */
const answer = (output: Partial<OutputTerms>, steps: readonly Step[], terms: Partial<Terms> = {}) => {
  const house = new House().rise();
  const handle = house.open({ terms: { ...noTerms, ...terms, output: { ...plainOutput, ...output } } });
  const worker = house.launcher.worker(0);
  const { log } = handle;
  for (const step of steps) {
    if (step === 'exit') worker.exit();
    else if (typeof step === 'number') house.clock.advance(step);
    else worker.say(handle.id, step);
  }
  expect(house.bugs).toEqual([]);
  const told = log.items.map(({ kind, name, parts, continues }) => {
    const text = parts.map((part) => JSON.parse(`"${log.escapedText(part)}"`) as string).join('|');
    return kind === 'message' ? (continues === true ? `+${text}` : text) : [name, text];
  });
  const deltas: string[] = [];
  for (let index = 0; index < log.length; index += 1) {
    const entry = log.step(index);
    if (entry.type === 'delta' && entry.part.kind === 'text')
      deltas.push(JSON.parse(`"${Buffer.from(log.escaped(entry.start, entry.end)).toString()}"`) as string);
  }
  const outcome: Outcome | undefined = log.ending?.outcome;
  return { told, deltas, outcome, ending: log.ending, log, stopped: worker.has('turn.stop') };
};

const done = [sampled, ended];

describe('openai-json', () => {
  test('P-130 W-4 a block becomes one call, and the text around it stays in order', () => {
    const { told, outcome } = answer(json, [...message('m', ['Before ', tagged, ' after']), ...done]);
    expect(told).toEqual(['Before ', ['f', '{"id":"1"}'], '+ after']);
    expect(outcome).toEqual({ type: 'completed' });
  });

  test('P-134 W-16 a use_tool block, too, wherever it is cut', () => {
    const text = `Before ${f} AFTER`;
    const { told } = answer(json, [...message('m', Array.from(text)), ...done]);
    expect(told).toEqual(['Before ', ['f', '{"id":"1"}'], '+ AFTER']);
  });

  test('C-27 blanks around blocks are no text', () => {
    expect(answer(json, [...message('m', [`\n${f}\n${g}\n`]), ...done]).told).toEqual([
      ['f', '{"id":"1"}'],
      ['g', '{}'],
    ]);
    expect(answer(json, [...message('m', [' \n']), ...done]).told).toEqual([' \n']);
  });

  test.each([
    ['an unknown name', '<tool_call>{"name":"h","arguments":{}}</tool_call>'],
    ['no JSON', '<tool_call>f(1)</tool_call>'],
    ['arguments that are no JSON', '<tool_call>{"name":"f","arguments":"x"}</tool_call>'],
    ['no end', '<tool_call>{"name":"f"'],
  ])('P-130 P-135 %s stays text', (_, text) => {
    expect(answer(json, [...message('m', Array.from(`a ${text} b`)), ...done]).told).toEqual([`a ${text} b`]);
  });

  test('P-130 without text calls, text is text', () => {
    expect(answer({}, [...message('m', [tagged, f]), ...done]).told).toEqual([tagged + f]);
  });

  test('P-130 a strict tool that is called wrongly fails the answer', () => {
    const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
    const textTools = new Map([tool('f', { strict: true, schema })]);
    const { outcome, stopped } = answer({ ...json, textTools }, [
      opened('m'),
      delta('m', '<tool_call>{"name":"f","arguments":{"id":1}}</tool_call>'),
    ]);
    expect(outcome).toMatchObject({ type: 'failed', failure: { code: 'demand_unmet' } });
    expect(outcome?.type === 'failed' && outcome.failure.message).toContain('arguments.id must be "string"');
    expect(stopped).toBe(true);
  });

  test('P-136 A-61 what is both called and written is told once', () => {
    const written = message('m', [f]);
    expect(answer(json, [...written, call('c'), ...done]).told).toEqual([['f', '{"id":"1"}']]);
    expect(answer(json, [call('c'), ...written, ...done]).told).toEqual([['f', '{"id":"1"}']]);
  });

  test('a call ends the answer as any call does, and the worker may die behind it', () => {
    expect(answer(json, [opened('m'), delta('m', tagged), 'exit']).outcome).toEqual({ type: 'completed' });
  });
});

describe('obsidian-xml', () => {
  test('P-105 P-136 structured calls stand in the text, too', () => {
    const { told, deltas } = answer({ ...xml, delimiter: '\n\n' }, [call('c1'), call('c2', 'g', '{}'), ...done]);
    expect(told).toEqual([f, ['f', '{"id":"1"}'], `+\n\n${g}`, ['g', '{}']]);
    expect(deltas).toEqual([f, '\n\n', g]);
  });

  test('P-134 W-2 a written block is one delta, as it was written', () => {
    const text = 'Before <use_tool><name>web.search</name><q>1 > 0</q></use_tool> AFTER';
    const { told, deltas } = answer(xml, [...message('m', Array.from(text)), ...done]);
    const block = '<use_tool><name>web.search</name><q>1 > 0</q></use_tool>';
    expect(told).toEqual([`Before ${block}`, ['web.search', '{"q":"1 > 0"}'], '+ AFTER']);
    expect(deltas.filter((piece) => piece.includes('use_tool'))).toEqual([block]);
  });

  test('P-134 a tool_call block is told as a use_tool block', () => {
    const { told } = answer({ ...xml, textTools: json.textTools }, [...message('m', [tagged]), ...done]);
    expect(told).toEqual([f, ['f', '{"id":"1"}']]);
  });

  test('P-135 A-62 what is open when the worker dies is text', () => {
    const { told, outcome } = answer(xml, [opened('m'), delta('m', 'a <use_tool><name>f'), 'exit']);
    expect(told).toEqual(['a <use_tool><name>f']);
    expect(outcome).toEqual({ type: 'failed', failure: { code: 'worker_exited' } });
  });

  test('P-136 A-61 what is both called and written is told once; repeats are not when that is wanted', () => {
    expect(answer(xml, [call('c'), ...message('m', [f]), ...done]).told).toEqual([f, ['f', '{"id":"1"}']]);
    const twice = [...message('m', [f, f]), ...done];
    expect(answer(xml, twice).told.length).toBe(4);
    expect(answer({ ...xml, dedup: true }, twice).told.length).toBe(2);
    expect(answer({ ...xml, dedup: true }, [call('c1'), call('c2'), ...done]).told.length).toBe(2);
  });
});

describe('the end behind calls', () => {
  const burst = [call('c1'), call('c2', 'g', '{}'), call('c3', 'f', '{"id":"3"}')];

  test('P-137 W-14 first: at once, and the turn is stopped', () => {
    const { told, ending, stopped } = answer({ ...xml, stopAfterCalls: true, stopMode: 'first' }, burst);
    expect(told).toEqual([f, ['f', '{"id":"1"}']]);
    expect([ending?.outcome, ending?.cut, stopped]).toEqual([{ type: 'completed' }, 'tools', true]);
    expect([ending?.usage?.outputTokens !== 0, ending?.isEstimate]).toEqual([true, true]);
  });

  test('P-137 C-30 burst: when no other call has followed for so long', () => {
    const one = answer({ ...xml, stopAfterCalls: true }, [call('c1'), 299, call('c2', 'g', '{}'), 299]);
    expect([one.told.length, one.ending]).toEqual([4, null]);
    const two = answer({ ...xml, stopAfterCalls: true }, [call('c1'), 299, call('c2', 'g', '{}'), 300]);
    expect([two.told.length, two.ending?.cut, two.stopped]).toEqual([4, 'tools', true]);
  });

  test('P-137 a block that is open is waited for', () => {
    const begun = [opened('m'), delta('m', f), 200, delta('m', '<use_tool><name>g</name>'), 500];
    const { told, ending } = answer({ ...xml, stopAfterCalls: true }, [...begun, delta('m', '</use_tool>'), 299]);
    expect([told.length, ending]).toEqual([4, null]);
  });

  test.each(['openai-json', 'obsidian-xml'] as const)('P-138 W-13 C-29 %s: no more than are wanted', (mode) => {
    const { told, ending, stopped } = answer({ ...xml, mode, blocksMax: 1 }, burst);
    expect(told.filter((item) => typeof item !== 'string')).toEqual([['f', '{"id":"1"}']]);
    expect([ending?.cut, ending?.moreCalls, stopped]).toEqual(['tools', true, true]);
    const written = answer({ ...xml, mode, blocksMax: 2 }, [
      opened('m'),
      ...[f, g, f].map((block) => delta('m', block)),
    ]);
    expect(written.told.filter((item) => typeof item !== 'string').map(([name]) => name)).toEqual(['f', 'g']);
    expect([written.ending?.cut, written.ending?.moreCalls]).toEqual(['tools', true]);
  });

  test('P-138 as many as are wanted are not too many, and nothing follows them', () => {
    const { told, ending } = answer({ ...xml, blocksMax: 1 }, [...message('m', [f, ' tail']), 300]);
    expect(told).toEqual([f, ['f', '{"id":"1"}']]);
    expect([ending?.cut, ending?.moreCalls]).toEqual(['tools', undefined]);
  });

  test('P-139 text behind the last call is left out, text between calls is not', () => {
    const { told, stopped, ending } = answer({ ...xml, suppressTail: true }, [
      ...message('m', ['a ', f, ' b ', g, ' AFTER']),
    ]);
    expect(told).toEqual(['a ' + f, ['f', '{"id":"1"}'], `+ b ${g}`, ['g', '{}']]);
    expect([stopped, ending]).toEqual([false, null]);
  });
});

describe('lines of metadata', () => {
  const text = 'Hello\nsession_id: s\nbuild_id: b';

  test('P-210 W-15 A-63 are left out, also when their key is named last', () => {
    const said = [opened('m'), ...Array.from(text, (unit) => delta('m', unit)), closed('m', text, ['build_id'])];
    expect(answer({ sanitize: true }, [...said, final('m'), ...done]).told).toEqual(['Hello']);
    expect(answer({ sanitize: true }, [closed('m', text, ['build_id']), ...done]).told).toEqual(['Hello']);
    expect(answer({}, [...said, final('m'), ...done]).told).toEqual([text]);
  });
});

describe('terminal colours', () => {
  test('P-145 are left out wherever they are cut', () => {
    const pieces = ['a\u001b[3', '1mb\r', '\n\u001b[0m'];
    expect(answer({ stripAnsi: true }, [...message('m', pieces), ...done]).told).toEqual(['ab\r\n']);
    expect(answer({ ...json, stripAnsi: true }, [...message('m', pieces), ...done]).told).toEqual(['ab\r\n']);
    expect(answer({ stripAnsi: true }, [closed('m', pieces.join('')), ...done]).told).toEqual(['ab\r\n']);
    expect(answer({ stripAnsi: true }, [delta('m', '\u001b[3'), ...done]).told).toEqual(['\u001b[3']);
    expect(answer({}, [...message('m', pieces), ...done]).told).toEqual([pieces.join('')]);
  });

  test('P-145 the text of the item goes on where the deltas end', () => {
    const whole = 'a\u001b[31mb\u001b[0mc';
    expect(answer({ stripAnsi: true }, [delta('m', 'a\u001b[3'), closed('m', whole), ...done]).told).toEqual(['abc']);
  });
});

const atoms = fc.constantFrom(
  f,
  g,
  tagged,
  'a',
  ' ',
  '\n',
  '<use_tool>',
  '</use_tool>',
  '<',
  '\u001b[1m',
  'session_id: 1\n',
  '😀',
  'STOP',
);
const cuts = (text: string, points: readonly number[]): readonly string[] => {
  const ends = [...new Set(points.map((point) => point % (text.length + 1)))].sort((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
};
const outputs = fc.record({
  mode: fc.constantFrom('openai-json' as const, 'obsidian-xml' as const),
  textCalls: fc.boolean(),
  textTools: fc.constantFrom(new Map<string, TextTool>(), json.textTools),
  stopAfterCalls: fc.boolean(),
  stopMode: fc.constantFrom('first' as const, 'burst' as const),
  blocksMax: fc.constantFrom(null, 1, 2),
  suppressTail: fc.boolean(),
  dedup: fc.boolean(),
  delimiter: fc.constantFrom('', '\n'),
  stripAnsi: fc.boolean(),
  sanitize: fc.boolean(),
});

test('P-114 I-1 whatever is switched on, where the text is cut makes no difference', () => {
  fc.assert(
    fc.property(
      fc.array(atoms, { maxLength: 10 }).map((all) => all.join('')),
      fc.array(fc.nat()),
      outputs,
      fc.boolean(),
      (text, points, output, calls) => {
        const said = (pieces: readonly string[]) => {
          const steps = [...message('m', pieces), ...(calls ? [call('c1'), call('c2', 'g', '{}')] : []), ...done];
          const { told, outcome, ending } = answer(output, steps, { stop: ['STOP'] });
          return { told, outcome, cut: ending?.cut, more: ending?.moreCalls };
        };
        expect(said(cuts(text, points))).toEqual(said([text]));
      },
    ),
    { numRuns: 300 },
  );
});
