import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TurnEvent } from '../actors/turn.ts';
import type { Members } from './json.ts';
import { type ProtoExit, ProtoReader } from './proto-events.ts';

const byItself: ProtoExit = { well: true, text: '', isUnsupported: false };
const broken: ProtoExit = { ...byItself, well: false };

class Heard {
  readonly events: TurnEvent[] = [];
  readonly mismatches: string[] = [];
  readonly unknownFinish: string[] = [];
  readonly asked: string[] = [];
  unknown = 0;
  readonly reader: ProtoReader;

  constructor(choice = 0) {
    this.reader = new ProtoReader({
      choice,
      payer: { quota: () => undefined, signsIn: true },
      asked: (type, id) => this.asked.push(`${type} ${id}`),
      mismatched: () => this.mismatches.push(''),
      unknownFinish: (reason) => this.unknownFinish.push(reason),
      unknown: () => void (this.unknown += 1),
    });
  }

  say(...events: readonly Members[]): this {
    for (const msg of events) this.events.push(...this.reader.read({ id: '1', msg }));
    return this;
  }

  exit(exit: ProtoExit): this {
    this.events.push(...this.reader.exited(exit));
    return this;
  }

  get text(): string {
    return this.events.map((event) => (event.type === 'text.delta' ? event.delta : '')).join('');
  }

  get calls(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === 'call.requested' ? [`${event.callId} ${event.name} ${event.arguments}`] : [],
    );
  }

  get endings(): readonly string[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'turn.ended') return [];
      const { outcome } = event;
      return outcome.type === 'failed'
        ? outcome.failure.code
        : outcome.type === 'incomplete'
          ? outcome.reason
          : outcome.type;
    });
  }
}

const hear = (choice?: number): Heard => new Heard(choice);
const delta = (text: string, rest: Members = {}): Members => ({ type: 'agent_message_delta', delta: text, ...rest });
const message = (text: unknown, rest: Members = {}): Members => ({ type: 'agent_message', message: text, ...rest });
const done: Members = { type: 'task_complete' };
const called = (name: string, text: string, rest: Members = {}): Members => ({
  type: 'function',
  function: { name, arguments: text },
  ...rest,
});

describe('text', () => {
  test('is told once, whatever of it comes as deltas and whatever as a whole', () => {
    const part = fc.record({ text: fc.string({ minLength: 1 }), cuts: fc.array(fc.nat(40)), whole: fc.boolean() });
    fc.assert(
      fc.property(fc.uniqueArray(part, { selector: ({ text }) => text, maxLength: 5 }), (parts) => {
        const heard = hear();
        for (const { text, cuts, whole } of parts) {
          const ends = [...cuts.map((cut) => cut % text.length).toSorted((a, b) => a - b)];
          let from = 0;
          for (const end of whole ? ends : [...ends, text.length]) {
            if (end > from) heard.say(delta(text.slice(from, end)));
            from = Math.max(from, end);
          }
          heard.say(message(text));
        }
        heard.say(done);
        expect([heard.text, heard.endings]).toEqual([parts.map(({ text }) => text).join(''), ['completed']]);
      }),
    );
  });

  test.each([
    ['a message twice', [delta('Hi'), message('Hi'), message('Hi'), done], 'Hi'],
    ['type at the top', [], ''],
    ['a message of parts', [message({ content: [{ type: 'text', text: 'a' }, 'b'] }), done], 'ab'],
    ['a delta of an object', [delta('a'), { type: 'agent_message_delta', delta: { content: 'b' } }, done], 'ab'],
    ['nonsense for deltas', [{ type: 'agent_message_delta', delta: 7 }, { type: 'agent_message_delta' }, done], ''],
    ['nothing but the last word', [{ ...done, last_agent_message: 'Last.' }], 'Last.'],
    ['a last word that was told before', [message('Hi'), { ...done, last_agent_message: 'Hi' }], 'Hi'],
  ] as const)('%s', (_, events, text) => {
    expect(hear().say(...(events as readonly Members[])).text).toBe(text);
  });

  test('the type may stand at the top', () => {
    const heard = hear();
    for (const event of [delta('x'), done]) heard.events.push(...heard.reader.read(event));
    expect([heard.text, heard.endings]).toEqual(['x', ['completed']]);
  });

  test('what deltas said stands', () => {
    const heard = hear().say(delta('Hello'), message('Goodbye world'), done);
    expect([heard.text, heard.mismatches.length, heard.endings]).toEqual(['Hello', 1, ['completed']]);
  });

  test('reasoning and work are signs of life, and nothing else', () => {
    const heard = hear().say(
      { type: 'agent_reasoning_delta', delta: 'SECRET' },
      { type: 'agent_reasoning', text: 'SECRET' },
      { type: 'exec_command_begin', command: ['ls'] },
      { type: 'from_the_future' },
      { type: 'task_started' },
    );
    expect(heard.events.map(({ type }) => type)).toEqual(['thought.observed', 'thought.observed', 'thought.observed']);
    expect(heard.unknown).toBe(1);
  });
});

describe('calls', () => {
  test('a function call has an id made of its choice and its place', () => {
    const call = { name: 'f', arguments: '{}' };
    expect(hear(2).say(message({ content: null, function_call: call }), done).calls).toEqual(['tool_2_0 f {}']);
  });

  test('P-148 a delivered call makes no other end of the turn, a cut does', () => {
    const tool_calls = [called('f', '{}', { id: 'a' })];
    const cut = { type: 'token_count', prompt_tokens: 1, completion_tokens: 2, truncated: true };
    const [whole, short] = [[done], [cut, done]].map((rest) => hear().say(message({ tool_calls }), ...rest));
    expect([whole?.endings, short?.endings]).toEqual([['completed'], ['max_output_tokens']]);
    expect(short?.calls).toEqual(whole?.calls);
    // Behind a call, the end of the sampling would be the end of the answer.
    expect(short?.events.map(({ type }) => type)).toEqual(['call.requested', 'usage.observed', 'turn.ended']);
  });

  test('pieces add up, wherever they were cut', () => {
    const json = fc.json();
    fc.assert(
      fc.property(fc.array(fc.tuple(json, fc.array(fc.nat(200))), { minLength: 1, maxLength: 4 }), (texts) => {
        const pieces = texts.flatMap(([text, cuts], index) => {
          const ends = [...cuts.map((cut) => cut % text.length), text.length].toSorted((a, b) => a - b);
          return ends.map((end, at) => ({
            index,
            ...(at === 0 ? { id: `c${index}` } : {}),
            function: { ...(at === 0 ? { name: 'f' } : {}), arguments: text.slice(ends[at - 1] ?? 0, end) },
          }));
        });
        const heard = hear().say(
          ...pieces.map((piece) => ({ type: 'agent_message_delta', delta: { tool_calls: [piece] } })),
          done,
        );
        expect(heard.calls).toEqual(texts.map(([text], index) => `c${index} f ${text}`));
      }),
    );
  });

  test.each([
    ['pieces that repeat what came before', ['{"a"', '{"a":1}'], '{"a":1}'],
    ['a piece alone', ['{"a":1}'], '{"a":1}'],
    ['what never becomes JSON', ['{"a', '":'], '{"a":'],
  ])('%s', (_, pieces, text) => {
    const events = pieces.map((given) => ({
      type: 'agent_message_delta',
      delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: given } }] },
    }));
    expect(hear().say(...events, done).calls).toEqual([`c f ${text}`]);
  });

  test('a call that is told in pieces and as a whole is one', () => {
    const piece = { type: 'agent_message_delta', delta: { tool_calls: [called('f', '{"a"', { id: 'c', index: 0 })] } };
    const whole = message({ content: '', tool_calls: [called('f', '{"a":1}', { id: 'c' })] });
    expect(hear().say(piece, whole, whole, piece, done).calls).toEqual(['c f {"a":1}']);
  });
});

describe('choices', () => {
  const both = [
    delta('zero', { choice_index: 0 }),
    delta('one', { choice_index: 1 }),
    message({ content: 'one', tool_calls: [called('f', '{}', { id: 'a' })] }, { choice_index: 1 }),
    message('zero', { choice_index: 0 }),
    delta('!'),
    done,
  ];
  test('each hears its own, and what is said to all', () => {
    const [zero, one, two] = [0, 1, 2].map((choice) => hear(choice).say(...both));
    expect([zero?.text, one?.text, two?.text]).toEqual(['zero!', 'one!', '!']);
    expect([zero?.calls, one?.calls]).toEqual([[], ['a f {}']]);
  });
});

describe('usage', () => {
  const usageOf = (...events: readonly Members[]): unknown => {
    const event = hear()
      .say(message('x'), ...events, done)
      .events.find(({ type }) => type === 'sampling.completed');
    return event?.type === 'sampling.completed' ? [event.usage?.inputTokens, event.usage?.outputTokens] : null;
  };
  const total = { input_tokens: 68, cached_input_tokens: 7, output_tokens: 20, total_tokens: 88 };

  test.each([
    ['none', [], null],
    ['flat', [{ type: 'token_count', prompt_tokens: 11, completion_tokens: 7 }], [11, 7]],
    [
      'of the CLI',
      [
        { type: 'token_count', info: null },
        { type: 'token_count', info: { total_token_usage: total } },
      ],
      [68, 20],
    ],
    ['of the provider', [{ type: 'usage', usage: { input_tokens: 9, output_tokens: 5 } }], [9, 5]],
    [
      'the provider’s before the CLI’s',
      [
        { type: 'usage', prompt_tokens: 9, completion_tokens: 5 },
        { type: 'token_count', prompt_tokens: 1, completion_tokens: 1 },
      ],
      [9, 5],
    ],
    ['nonsense', [{ type: 'token_count', prompt_tokens: -1, completion_tokens: 'x' }], null],
  ] as const)('%s', (_, events, counts) => {
    expect(usageOf(...(events as readonly Members[]))).toEqual(counts);
  });
});

describe('the end', () => {
  test.each([
    ['P-147 a flag on the count', [{ type: 'token_count', max_tokens_reached: true }], 'max_output_tokens'],
    ['P-147 a flag on the end', [{ ...done, length_reached: true }], 'max_output_tokens'],
    ['P-147 a flag within the usage', [{ type: 'usage', usage: { token_limit: true } }], 'max_output_tokens'],
    ['P-146 a reason of a message', [message('x', { finish_reason: 'filtered' })], 'content_filter'],
    ['P-146 a reason within a message', [message({ content: 'x', finish_reason: 'max_tokens' })], 'max_output_tokens'],
    [
      'P-148 the count before the end',
      [
        { type: 'token_count', finish_reason: 'stop' },
        { ...done, finish_reason: 'length' },
      ],
      'completed',
    ],
    ['P-148 calls without a call', [{ type: 'token_count', finish_reason: 'tool_calls' }], 'completed'],
  ] as const)('%s', (_, events, ending) => {
    expect(hear().say(...(events as readonly Members[]), done).endings).toEqual([ending]);
  });

  test('P-146 a reason that nobody knows is told, and is a stop', () => {
    const heard = hear().say(message('x', { finish_reason: 'banana' }), done);
    expect([heard.unknownFinish, heard.endings]).toEqual([['banana'], ['completed']]);
  });

  test.each([
    ['nothing', [], byItself, 'worker_exited'],
    ['only its greeting', [{ type: 'session_configured' }, { type: 'task_started' }], byItself, 'worker_exited'],
    ['text', [delta('x')], byItself, 'completed'],
    ['text, and a crash', [delta('x')], broken, 'worker_exited'],
    ['text and the count, and a crash', [delta('x'), { type: 'token_count', prompt_tokens: 1 }], broken, 'completed'],
    ['a whole call, and a crash', [message({ tool_calls: [called('f', '{}')] })], broken, 'completed'],
    [
      'half a call, and a crash',
      [{ type: 'agent_message_delta', delta: { tool_calls: [called('f', '{"a', { index: 0 })] } }],
      broken,
      'worker_exited',
    ],
    ['a command that it does not know', [], { ...broken, isUnsupported: true }, 'proto_unsupported'],
    ['words that are no JSON', [], { ...byItself, text: '\u001B[1mHi\u001B[0m\n' }, 'completed'],
    ['words, and a crash', [], { ...broken, text: 'Hi\n' }, 'worker_exited'],
  ] as const)('of a process that has said %s', (_, events, exit, ending) => {
    expect(
      hear()
        .say(...(events as readonly Members[]))
        .exit(exit).endings,
    ).toEqual([ending]);
  });

  test.each([
    ['You have hit your usage limit.', 'insufficient_quota'],
    ['Rate limit reached, try again', 'rate_limit_exceeded'],
    ["Your input exceeds the model's context window", 'context_length_exceeded'],
    ['unexpected status 401 Unauthorized: no', 'signed_out'],
    ['unexpected status 503 Service Unavailable: down', 'upstream_error'],
    ['exceeded retry limit, last status: 429 Too Many Requests', 'rate_limit_exceeded'],
    ['unexpected status 400 Bad Request: {"error":{"message":"no","code":"bad_thing"}}', 'upstream_rejected'],
    ['stream disconnected before completion: x', 'stream_disconnected'],
    ['Incomplete response returned, reason: max_output_tokens', 'max_output_tokens'],
  ])('error: %s', (text, ending) => {
    expect(hear().say({ type: 'error', message: text }).endings).toEqual([ending]);
    expect(hear().say({ type: 'error', error: { message: text } }).endings).toEqual([ending]);
  });

  test('questions are passed on, and no end', () => {
    const heard = hear().say({ type: 'exec_approval_request', call_id: 'c' });
    expect([heard.asked, heard.endings]).toEqual([['exec_approval_request 1'], []]);
  });

  test('comes once, and last, whatever is said', () => {
    const event = fc.oneof(
      fc.constantFrom<Members>(delta('a'), message('a'), message({ tool_calls: [called('f', '{')] }), done),
      fc.constantFrom<Members>({ type: 'error', message: 'x' }, { type: 'token_count' }, { type: 'usage', usage: 1 }),
      fc.record({ type: fc.string() }),
      fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Members>,
    );
    fc.assert(
      fc.property(fc.array(event), fc.boolean(), (events, well) => {
        const heard = hear()
          .say(...events)
          .exit({ ...byItself, well });
        expect(heard.endings).toHaveLength(1);
        expect(heard.events.at(-1)?.type).toBe('turn.ended');
      }),
    );
  });
});

test('words without an event that are mostly empty lines are read in one go', () => {
  const heard = new Heard();
  const text = `${'\n'.repeat(1_000_000)}Hi\n\n`;
  const [delta] = heard.reader.exited({ ...byItself, text });
  expect(delta?.type === 'text.delta' && delta.delta.trimStart()).toBe('Hi');
});
