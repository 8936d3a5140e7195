import { expect, it } from 'vitest';
import { readStream } from './conversation.ts';

const frame = (delta: object, reason: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
const role = frame({ role: 'assistant', content: null });
const end = frame({}, 'stop');
const done = 'data: [DONE]\n\n';
const block = '<use_tool><name>x</name></use_tool>';

it('takes a stream that is whole', () => {
  expect(readStream(role + frame({ content: `a ${block}` }) + end + done)).toEqual({ text: `a ${block}`, faults: [] });
});

it.each([
  [frame({ content: 'a' }) + end + done, 'the first frame has no role'],
  [role + done, '0 ends instead of one'],
  [role + end + end + done, '2 ends instead of one'],
  [role + end + frame({ content: 'more' }) + done, 'text behind the end'],
  [role + end, 'no [DONE]'],
  [
    role + frame({ content: block.slice(0, 12) }) + frame({ content: block.slice(12) }) + end + done,
    'a tool block is torn over frames',
  ],
  [`${role}data: {"error":{"code":"worker_exited"}}\n\n${end}${done}`, 'the stream failed: worker_exited'],
])('finds what is wrong in a stream', (body, fault) => {
  expect(readStream(body).faults).toEqual([fault]);
});

it('finds a block that does not end', () => {
  expect(readStream(role + frame({ content: '<use_tool>' }) + end + done).faults).toContain(
    'a tool block does not end',
  );
});
