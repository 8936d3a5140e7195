import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseLog } from '../actors/log.ts';
import { ByteTape } from '../actors/tape.ts';
import { growing, grown, type LogPlan, logPlan } from '../testkit/log-arbitrary.ts';
import {
  call,
  callsLog,
  completed,
  emptyLog,
  end,
  failureLog,
  reasoningLog,
  say,
  textLog,
  think,
  usageOf,
} from '../testkit/log-examples.ts';
import { validateChatObject, validateChatStream } from '../testkit/validator/chat.ts';
import { chatBody } from './chat-body.ts';
import { chatStream } from './chat-stream.ts';
import type { Projection } from './projection.ts';
import { limits } from './limits.ts';

const timing = { firstContentMs: () => 5, elapsedMs: () => 9 };
const fixture = (name: string): string => readFileSync(new URL(`../testkit/fixtures/${name}`, import.meta.url), 'utf8');

const streamed = (log: ResponseLog, includeUsage = false): string => {
  const out = new ByteTape();
  const projection = chatStream({ stopMode: 'burst', includeUsage, choice: 0, head: log.head, timing });
  projection.project(log, 0, out, Infinity);
  projection.finish(out, [log]);
  return out.view().toString('utf8');
};

/** The deltas and the finish reason, as they came. */
const deltas = (log: ResponseLog): unknown[] =>
  validateChatStream(Buffer.from(streamed(log))).chunks.flatMap((chunk) =>
    (chunk['choices'] as { delta: unknown; finish_reason: unknown }[]).map(
      (choice) => choice.finish_reason ?? choice.delta,
    ),
  );

const log = (...steps: ((log: ResponseLog) => void)[]): ResponseLog => {
  const built = emptyLog('resp_chat');
  built.begin();
  for (const step of steps) step(built);
  return end(built, completed, usageOf(1, 1));
};

const role = (content: '' | null) => ({ role: 'assistant', content, refusal: null });

describe('worked examples of the contract', () => {
  it.each([
    ['chat-text.sse', textLog('resp_a1', ['Hello', ' wörld 🚀']), true],
    ['chat-reasoning.sse', reasoningLog('resp_a1'), false],
    ['chat-calls.sse', callsLog('resp_a1', ['{"city":', '"Oslo"}'], ['{"city":"Rome"}']), false],
    ['chat-failure.sse', failureLog('resp_a1'), false],
  ])('%s byte for byte', (name, example, includeUsage) => {
    // What the worked example of the contract leaves out: comments are for whoever wants to count.
    const counted = ': {"tool_call_count":2,"tool_call_truncated":false,"stop_after_tools_mode":"burst"}\n\n';
    const done = 'data: [DONE]';
    const told = name === 'chat-calls.sse' ? fixture(name).replace(done, counted + done) : fixture(name);
    expect(streamed(example, includeUsage)).toBe(told);
  });
});

describe('chunks', () => {
  it('a blank line parts two messages', () => {
    const two = log(
      (built) => say(built, 'msg_0', ['One', '.']),
      (built) => say(built, 'msg_1', []),
      (built) => say(built, 'msg_2', ['Two']),
    );
    expect(deltas(two)).toEqual([
      role(''),
      { content: 'One' },
      { content: '.' },
      { content: '\n\n' },
      { content: 'Two' },
      'stop',
    ]);
  });

  it('text before a call keeps the finish reason tool_calls', () => {
    const both = log(
      (built) => say(built, 'msg_0', ['Look']),
      (built) => call(built, '1', ['{}']),
    );
    expect(deltas(both).slice(0, 2)).toEqual([role(''), { content: 'Look' }]);
    expect(deltas(both).at(-1)).toBe('tool_calls');
  });

  it('a message without text does not hide that the first output is a call', () => {
    const silent = log(
      (built) => say(built, 'msg_0', []),
      (built) => call(built, '1', ['{}']),
    );
    expect(deltas(silent)[0]).toEqual(role(null));
  });

  it('an empty answer is a role and a finish', () => {
    expect(deltas(log((built) => say(built, 'msg_0', [])))).toEqual([role(''), 'stop']);
  });

  it('a summary after content has no place', () => {
    const late = log(
      (built) => say(built, 'msg_0', ['Hm']),
      (built) => think(built, 'rs_1', ['late']),
      (built) => say(built, 'msg_2', ['so']),
    );
    expect(deltas(late)).toEqual([role(''), { content: 'Hm' }, { content: '\n\n' }, { content: 'so' }, 'stop']);
  });

  it('a custom tool keeps its own shape', () => {
    const custom = log((built) => {
      const item = built.openItem({ id: 'ctc_1', kind: 'custom_tool_call', callId: 'call_1', name: 'sql' });
      const part = built.openPart(item, 'input');
      built.append(part, 'select "a"');
      built.closePart(part);
      built.closeItem(item);
    });
    expect(deltas(custom)).toEqual([
      role(null),
      { tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'sql', input: '' } }] },
      { tool_calls: [{ index: 0, custom: { input: 'select "a"' } }] },
      'tool_calls',
    ]);
  });

  it('usage that nobody knows gives no usage chunk', () => {
    const unknown = emptyLog('resp_u');
    unknown.begin();
    end(unknown, completed, null);
    expect(streamed(unknown, true)).toBe(streamed(unknown, false));
  });

  it('a failure before any output is the error frame alone', () => {
    const broken = emptyLog('resp_b');
    broken.begin();
    end(broken, { type: 'cancelled' }, null);
    expect(streamed(broken)).toMatch(
      /^data: \{"error":\{"message":"[^\n]+"code":"response_cancelled"\}\}\n\ndata: \[DONE\]\n\n$/,
    );
  });

  it('entries are given in order', () => {
    const projection = chatStream({ stopMode: 'burst', includeUsage: false, choice: 0, head: textLog().head, timing });
    expect(() => projection.project(textLog(), 3, new ByteTape(), 1)).toThrow('entry 3 after 0');
  });
});

describe('any log', () => {
  const broken = (plan: LogPlan): boolean => plan.outcome.type === 'failed' || plan.outcome.type === 'cancelled';
  const answer = logPlan.filter((plan) => !broken(plan));

  it('projects to a stream that passes the validator', () => {
    fc.assert(
      fc.property(logPlan, fc.boolean(), (plan, asked) => {
        const includeUsage = asked && plan.usage !== null;
        validateChatStream(Buffer.from(streamed(grown(plan), includeUsage)), { includeUsage });
      }),
    );
  });

  it('adds up to the body', () => {
    fc.assert(
      fc.property(answer, (plan) => {
        const finished = grown(plan);
        const folded = validateChatStream(Buffer.from(streamed(finished))).choices;
        const body = JSON.parse(chatBody([finished]));
        const { message, finish_reason: finish } = body.choices[0];
        const isFiltered = finish === 'content_filter' && message.content === null && message.refusal === null;
        // Only a body can say that a filter left no text: the first chunk of a stream has long been sent.
        if (isFiltered && message.tool_calls === undefined) message.content = '';
        expect(validateChatObject(body).choices).toEqual(folded);
      }),
    );
  });

  it('says the same text as the Responses projection', () => {
    fc.assert(
      fc.property(answer, (plan) => {
        const finished = grown(plan);
        const texts = finished.items.map((item) =>
          item.parts
            .filter((part) => part.kind === 'text')
            .map((part) => JSON.parse(`"${finished.escapedText(part)}"`))
            .join(''),
        );
        const folded = validateChatStream(Buffer.from(streamed(finished))).choices[0];
        expect(folded?.content ?? '').toBe(texts.filter((text) => text !== '').join('\n\n'));
      }),
    );
  });

  it('gives the same bytes while it grows and for every room', () => {
    fc.assert(
      fc.property(logPlan, fc.integer({ min: 1, max: 2000 }), (plan, room) => {
        let projection: Projection | undefined;
        let text = '';
        let cursor = 0;
        let finished: ResponseLog | undefined;
        for (finished of growing(plan)) {
          const out = new ByteTape();
          projection ??= chatStream({ stopMode: 'burst', includeUsage: true, choice: 0, head: finished.head, timing });
          cursor = projection.project(finished, cursor, out, room);
          text += out.view().toString('utf8');
        }
        const out = new ByteTape();
        projection?.project(finished as ResponseLog, cursor, out, Infinity);
        projection?.finish(out, [finished as ResponseLog]);
        expect(text + out.view().toString('utf8')).toBe(streamed(finished as ResponseLog, true));
      }),
    );
  });
});

// The reader cuts only frames that can be projected again; a chat stream cannot do that.
it.each(['\u0000', '"', '\\', 'a', 'é', '€', '😀', '\ud800'])(
  'has no frame that would be cut, even of %j alone',
  (unit) => {
    const text = unit.repeat(100_000);
    const long = log(
      (built) => think(built, 'rs_1', [text]),
      (built) => say(built, 'msg_1', [text]),
      (built) => call(built, 'f', [text]),
    );
    const projection = chatStream({ stopMode: 'burst', includeUsage: true, choice: 0, head: long.head, timing });
    const out = new ByteTape();
    let largest = 0;
    for (let cursor = 0; cursor < long.length; ) {
      out.clear();
      cursor = projection.project(long, cursor, out, 1);
      largest = Math.max(largest, out.length);
    }
    expect(largest).toBeGreaterThan(32_768);
    expect(limits.writeBytes + largest).toBeLessThan(limits.sliceBytes);
  },
);
