import { describe, expect, test } from 'vitest';
import { bytesOf, type Frame, framesOf, renumbered, responsesText } from '../fixtures/fixture.ts';
import { judged, ruleOf } from './mutation.ts';
import { validateResponseObject, validateResponsesMessages, validateResponsesStream } from './responses.ts';

const open = framesOf('responses-a').slice(0, 2);
const completed = (output: readonly Frame[], change: Frame = {}): Frame => {
  const frame = framesOf('responses-a').at(-1) as Frame;
  return { ...frame, response: { ...(frame['response'] as Frame), output, ...change } };
};
const responseOf = (frame: Frame | undefined): Frame => frame?.['response'] as Frame;

/** A whole stream around the events of one item, which is announced as `added` and stays as `done`. */
function streamOf(added: Frame, done: Frame, events: readonly Frame[]): Frame[] {
  const place = { output_index: 0 };
  return renumbered([
    ...open,
    { type: 'response.output_item.added', ...place, item: added },
    ...events.map((event) => ({ item_id: added['id'], ...place, ...event })),
    { type: 'response.output_item.done', ...place, item: done },
    completed([done]),
  ]);
}

describe('the default vocabulary', () => {
  test('a refusal', () => {
    const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    const part = { type: 'refusal', refusal: 'No.' };
    const at = { content_index: 0 };
    const frames = streamOf(item, { ...item, status: 'completed', content: [part] }, [
      { type: 'response.content_part.added', ...at, part: { ...part, refusal: '' } },
      { type: 'response.refusal.delta', ...at, delta: 'No.' },
      { type: 'response.refusal.done', ...at, refusal: 'No.' },
      { type: 'response.content_part.done', ...at, part },
    ]);
    expect(judged(frames)).toBe('accepted');
  });

  const cited = (end: number): Frame[] => {
    const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    const annotation = { type: 'url_citation', url: 'https://x', title: 'x', start_index: 0, end_index: end };
    const empty = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    const part = { ...empty, text: '🚀', annotations: [annotation] };
    const at = { content_index: 0 };
    return streamOf(item, { ...item, status: 'completed', content: [part] }, [
      { type: 'response.content_part.added', ...at, part: empty },
      { type: 'response.output_text.delta', ...at, delta: '🚀', logprobs: [] },
      { type: 'response.output_text.annotation.added', ...at, annotation_index: 0, annotation },
      { type: 'response.output_text.done', ...at, text: '🚀', logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
    ]);
  };
  test('an annotation counted in UTF-16 units', () => expect(judged(cited(2))).toBe('accepted'));
  test('but not one beyond the text', () => expect(judged(cited(3))).toBe(5));

  test('an empty answer is one empty part without a delta', () => {
    const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    const at = { content_index: 0 };
    const frames = streamOf(item, { ...item, status: 'completed', content: [part] }, [
      { type: 'response.content_part.added', ...at, part },
      { type: 'response.output_text.done', ...at, text: '', logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
    ]);
    expect(judged(frames)).toBe('accepted');
    expect(judged(renumbered([...open, completed([])]))).toBe(7);
  });

  test('keepalive comments between frames, also before the first', () => {
    const text = responsesText(framesOf('responses-a')).replaceAll('event:', ': keepalive\n\nevent:');
    expect(validateResponsesStream(bytesOf(text)).comments).toHaveLength(11);
  });

  test('a failure before response.in_progress', () => {
    const [created, , , , , error, failed] = framesOf('responses-d');
    expect(judged(renumbered([created, error, failed] as Frame[]))).toBe('accepted');
  });

  test('a cancelled response', () => {
    const text = JSON.stringify(framesOf('responses-d'));
    const frames = JSON.parse(text.replaceAll('worker_exited', 'response_cancelled')) as Frame[];
    expect(judged(frames)).toBe(7);
    responseOf(frames.at(-1))['status'] = 'cancelled';
    expect(judged(frames)).toBe('accepted');
  });

  test('a background response is queued first', () => {
    const [created, running, ...rest] = JSON.parse(
      JSON.stringify(framesOf('responses-a')).replaceAll('"background":false', '"background":true'),
    ) as Frame[];
    const queued = { ...responseOf(created), status: 'queued' };
    const frames = [{ ...created, response: queued }, { type: 'response.queued', response: queued }, running, ...rest];
    expect(judged(renumbered(frames as Frame[]))).toBe('accepted');
  });
});

describe('opt-ins', () => {
  const call = {
    id: 'ctc_1',
    type: 'custom_tool_call',
    status: 'in_progress',
    call_id: 'call_1',
    name: 'x',
    input: '',
  };
  const custom = streamOf(call, { ...call, status: 'completed', input: 'ls' }, [
    { type: 'response.custom_tool_call_input.delta', delta: 'ls' },
    { type: 'response.custom_tool_call_input.done', input: 'ls' },
  ]);
  const item = { id: 'rs_1', type: 'reasoning', summary: [], status: 'in_progress' };
  const part = { type: 'reasoning_text', text: 'hm' };
  const reasoned = streamOf(item, { ...item, status: 'completed', content: [part] }, [
    { type: 'response.content_part.added', content_index: 0, part: { ...part, text: '' } },
    { type: 'response.reasoning_text.delta', content_index: 0, delta: 'hm' },
    { type: 'response.reasoning_text.done', content_index: 0, text: 'hm' },
    { type: 'response.content_part.done', content_index: 0, part },
  ]);
  const search = { id: 'ws_1', type: 'web_search_call', status: 'in_progress' };
  const hosted = streamOf(search, { ...search, status: 'completed', action: { type: 'search' } }, [
    { type: 'response.web_search_call.searching' },
  ]);

  test.each([
    ['custom', custom, 5],
    ['reasoning-text', reasoned, 2],
    ['hosted', hosted, 5],
  ] as const)('%s is accepted only when asked for', (optIn, frames, otherwise) => {
    expect(judged(frames, { optIns: [optIn] })).toBe('accepted');
    expect(judged(frames)).toBe(otherwise);
  });
});

describe('WebSocket messages', () => {
  const run = (frames: readonly Frame[], options = {}): unknown =>
    ruleOf(() =>
      validateResponsesMessages(
        frames.map((frame) => JSON.stringify(frame)),
        options,
      ),
    );

  test('carry the same events without [DONE]', () => expect(run(framesOf('responses-a'))).toBe('accepted'));
  test('fail without an error event', () => {
    const frames = framesOf('responses-d').filter((frame) => frame['type'] !== 'error');
    expect(run(renumbered(frames))).toBe('accepted');
  });
  test('echo the lane of the request on every event', () => {
    const lane = framesOf('responses-a').map((frame) => ({ ...frame, stream_id: 'a' }));
    expect(run(lane, { streamId: 'a' })).toBe('accepted');
    expect(run(framesOf('responses-a'), { streamId: 'a' })).toBe(2);
  });
  test('answer a warm-up at once', () => {
    const frames = renumbered([open[0] as Frame, completed([])]);
    expect(run(frames, { warmup: true })).toBe('accepted');
    expect(run(frames)).toBe(3);
  });
});

test('bodies of other statuses are accepted only when expected', () => {
  const failed = responseOf(framesOf('responses-d').at(-1)) as never;
  expect(ruleOf(() => validateResponseObject(failed))).toBe(4);
  expect(ruleOf(() => validateResponseObject(failed, { statuses: ['failed'] }))).toBe('accepted');
});
