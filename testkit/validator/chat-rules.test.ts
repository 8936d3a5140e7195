import { describe, expect, test } from 'vitest';
import { bytesOf, type ChatFixture, chatText, type Frame, framesOf } from '../fixtures/fixture.ts';
import { type ChatOptions, validateChatStream } from './chat.ts';
import { ruleOf } from './mutation.ts';

const judged = (frames: readonly Frame[], options: ChatOptions = {}): unknown =>
  ruleOf(() => validateChatStream(bytesOf(chatText(frames)), options));

type Edit = (frames: Frame[]) => Frame[];
const choiceOf = (frame: Frame | undefined): Frame => ((frame as Frame)['choices'] as Frame[])[0] as Frame;
const deltaOf = (frame: Frame | undefined): Frame => choiceOf(frame)['delta'] as Frame;
const toolOf = (frame: Frame | undefined): Frame => (deltaOf(frame)['tool_calls'] as Frame[])[0] as Frame;
const drop =
  (at: number): Edit =>
  (frames) =>
    frames.toSpliced(at, 1);
const edit =
  (change: (frames: Frame[]) => void): Edit =>
  (frames) => {
    change(frames);
    return frames;
  };
const called = (frames: Frame[], at: number): Frame => toolOf(frames[at])['function'] as Frame;

const rows: readonly (readonly [row: string, fixture: ChatFixture, rule: string | number, edit: Edit])[] = [
  ['1 no finish_reason', 'chat-reasoning', 'chat.finish', drop(4)],
  ['25 no role-first delta', 'chat-reasoning', 'chat.role', drop(0)],
  ['26 no choice index', 'chat-reasoning', 'chat.shape', edit((frames) => delete choiceOf(frames[1])['index'])],
  ['27 usage chunk without choices', 'chat-text', 'chat.usage', edit((frames) => delete frames.at(-1)?.['choices'])],
  ['28 tool delta without index', 'chat-calls', 'chat.tools', edit((frames) => delete toolOf(frames[2])['index'])],
  ['29 first tool delta without id', 'chat-calls', 'chat.tools', edit((frames) => delete toolOf(frames[1])['id'])],
  ['29 first tool delta without type', 'chat-calls', 'chat.tools', edit((frames) => delete toolOf(frames[1])['type'])],
  ['30 id repeated', 'chat-calls', 'chat.tools', edit((frames) => Object.assign(toolOf(frames[2]), { id: 'call_c1' }))],
  ['30 name repeated', 'chat-calls', 'chat.tools', edit((frames) => Object.assign(called(frames, 2), { name: 'x' }))],
  [
    '31 two calls with one index',
    'chat-calls',
    'chat.tools',
    edit((frames) => {
      for (const at of [4, 5]) toolOf(frames[at])['index'] = 0;
    }),
  ],
  [
    '32 cumulative arguments',
    'chat-calls',
    'chat.tools',
    edit((frames) => Object.assign(called(frames, 3), { arguments: '{"city":"Oslo"}' })),
  ],
  [
    '33 error as a string',
    'chat-failure',
    'chat.failure',
    edit((frames) => Object.assign(frames[2] ?? {}, { error: 'x' })),
  ],
  ['a second role', 'chat-reasoning', 'chat.role', (frames) => frames.toSpliced(1, 0, frames[0] as Frame)],
  [
    'content:null before text',
    'chat-reasoning',
    'chat.role',
    edit((frames) => Object.assign(deltaOf(frames[0]), { content: null })),
  ],
  [
    'content:"" before a call',
    'chat-calls',
    'chat.role',
    edit((frames) => Object.assign(deltaOf(frames[0]), { content: '' })),
  ],
  [
    'another id',
    'chat-reasoning',
    'chat.identity',
    edit((frames) => Object.assign(frames[2] ?? {}, { id: 'chatcmpl-x' })),
  ],
  [
    'another created',
    'chat-reasoning',
    'chat.identity',
    edit((frames) => Object.assign(frames[2] ?? {}, { created: 1 })),
  ],
  [
    'an empty delta',
    'chat-reasoning',
    'chat.shape',
    edit((frames) => Object.assign(deltaOf(frames[3]), { content: '' })),
  ],
  [
    'half a surrogate pair',
    'chat-reasoning',
    8,
    edit((frames) => Object.assign(deltaOf(frames[3]), { content: '\uD83D' })),
  ],
  [
    'finish beside content',
    'chat-reasoning',
    'chat.finish',
    edit((frames) => Object.assign(deltaOf(frames[4]), { content: 'x' })),
  ],
  ['two finish reasons', 'chat-reasoning', 'chat.finish', (frames) => [...frames, frames[4] as Frame]],
  [
    'stop after calls',
    'chat-calls',
    'chat.finish',
    edit((frames) => Object.assign(choiceOf(frames.at(-1)), { finish_reason: 'stop' })),
  ],
  [
    'tool_calls without calls',
    'chat-reasoning',
    'chat.finish',
    edit((frames) => Object.assign(choiceOf(frames[4]), { finish_reason: 'tool_calls' })),
  ],
  ['reasoning after content', 'chat-reasoning', 'chat.order', (frames) => frames.toSpliced(4, 0, frames[1] as Frame)],
  ['an unasked usage chunk', 'chat-text', 'chat.usage', (frames) => frames],
  [
    'finish and error',
    'chat-failure',
    'chat.failure',
    (frames) => frames.toSpliced(2, 0, framesOf('chat-reasoning')[4] as Frame),
  ],
  ['a chunk after the error', 'chat-failure', 'chat.failure', (frames) => [...frames, frames[1] as Frame]],
  [
    'a sequence_number',
    'chat-reasoning',
    'chat.shape',
    edit((frames) => Object.assign(frames[1] ?? {}, { sequence_number: 1 })),
  ],
];

describe('section 7 and 4.2, mutated', () => {
  test.each(rows)('%s (%s) is refused by %s', (row, name, rule, change) => {
    const includeUsage = name === 'chat-text' && !row.includes('unasked');
    expect(judged(change(framesOf(name)), { includeUsage })).toBe(rule);
  });

  test('usage asked for and not sent is refused', () => {
    expect(judged(framesOf('chat-text').slice(0, -1), { includeUsage: true })).toBe('chat.usage');
  });
});
