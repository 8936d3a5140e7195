/**
 * What arrived at a client, understood as a client does that trusts nothing: complete frames only, each parsed. Invariant:
 * it throws at anything that no client should have to read - a second terminal, a frame after the end, a torn frame in a
 * body that is complete, numbers with a gap, two copies of a text that differ.
 */

import { isChat, isStream, type Mode } from '../world/modes.ts';
import type { ToolCall } from './truth.ts';
import type { Tokens } from './tokens.ts';

export interface Received {
  /** Ended by an answer, by a failure, or not at all. */
  readonly end: 'answer' | 'failure' | 'none';
  readonly code: string | null;
  readonly finish: string | null;
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly usage: Tokens | null;
  /** Events of a Responses stream. */
  readonly events: number;
}

type Members = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
const listOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.map(objectOf) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

const demand = (holds: boolean, complaint: string): void => {
  if (!holds) throw new Error(complaint);
};

const tokens = (usage: unknown): Tokens | null => {
  if (usage === null || usage === undefined) return null;
  const told = objectOf(usage);
  const input = objectOf(told['prompt_tokens_details'] ?? told['input_tokens_details']);
  const output = objectOf(told['completion_tokens_details'] ?? told['output_tokens_details']);
  return {
    input: numberOf(told['prompt_tokens'] ?? told['input_tokens']),
    output: numberOf(told['completion_tokens'] ?? told['output_tokens']),
    cached: numberOf(input['cached_tokens']),
    reasoning: numberOf(output['reasoning_tokens']),
  };
};

const paragraphs = (texts: Iterable<string>): string => [...texts].filter((text) => text !== '').join('\n\n');

/** The data of the frames that arrived whole, without comments. */
const frames = (body: string, complete: boolean): readonly string[] => {
  const blocks = body.split('\n\n');
  const rest = blocks.pop();
  demand(!complete || rest === '', 'the body ends within a frame');
  const data = blocks.flatMap((block) => {
    if (block.startsWith(':')) return [];
    const line = block.slice(block.lastIndexOf('\n') + 1);
    demand(line.startsWith('data: '), `a frame without data: ${block.slice(0, 80)}`);
    return [line.slice(6)];
  });
  const done = data.indexOf('[DONE]');
  demand(done < 0 || done === data.length - 1, 'something follows [DONE]');
  demand(!complete || done >= 0, 'no [DONE]');
  demand(!complete || blocks.at(-1) === 'data: [DONE]', 'a comment follows [DONE]');
  return done < 0 ? data : data.slice(0, -1);
};

const chatStream = (data: readonly string[]): Received => {
  let text = '';
  let finish: string | null = null;
  let code: string | null = null;
  let usage: Tokens | null = null;
  let roles = 0;
  const calls: { name: string; arguments: string }[] = [];
  for (const frame of data) {
    const chunk = JSON.parse(frame) as Members;
    demand(code === null, 'a chunk follows the failure');
    if ('error' in chunk) {
      demand(finish === null, 'a failure follows the finish');
      code = textOf(objectOf(chunk['error'])['code']);
      continue;
    }
    if (chunk['usage'] !== null) {
      demand(finish !== null && usage === null, 'usage before the finish, or twice');
      usage = tokens(chunk['usage']);
      continue;
    }
    const [choice = {}] = listOf(chunk['choices']);
    demand(finish === null, 'a chunk follows the finish');
    const delta = objectOf(choice['delta']);
    if ('role' in delta) roles += 1;
    demand(roles === 1, 'the role comes once and first');
    text += textOf(delta['content']);
    for (const call of listOf(delta['tool_calls'])) {
      const said = objectOf(call['function']);
      const index = numberOf(call['index']);
      calls[index] ??= { name: textOf(said['name']), arguments: '' };
      calls[index].arguments += textOf(said['arguments']);
    }
    if (typeof choice['finish_reason'] === 'string') finish = choice['finish_reason'];
  }
  const end = code !== null ? 'failure' : finish !== null ? 'answer' : 'none';
  return { end, code, finish, text, calls, usage, events: data.length };
};

const chatBody = (body: Members): Received => {
  const [choice = {}] = listOf(body['choices']);
  const message = objectOf(choice['message']);
  return {
    end: 'answer',
    code: null,
    finish: textOf(choice['finish_reason']),
    text: textOf(message['content']),
    calls: listOf(message['tool_calls']).map((call) => {
      const said = objectOf(call['function']);
      return { name: textOf(said['name']), arguments: textOf(said['arguments']) };
    }),
    usage: tokens(body['usage']),
    events: 0,
  };
};

const responseBody = (body: Members): Received => {
  const output = listOf(body['output']);
  const calls = output
    .filter(({ type }) => type === 'function_call')
    .map((item) => ({ name: textOf(item['name']), arguments: textOf(item['arguments']) }));
  const failed = body['status'] === 'failed' || body['status'] === 'cancelled';
  const reason = objectOf(body['incomplete_details'])['reason'];
  const cut = reason === 'content_filter' ? 'content_filter' : 'length';
  const whole = calls.length > 0 ? 'tool_calls' : 'stop';
  return {
    end: failed ? 'failure' : 'answer',
    code: failed ? textOf(objectOf(body['error'])['code']) : null,
    finish: failed ? null : body['status'] === 'incomplete' ? cut : whole,
    text: paragraphs(
      output
        .filter(({ type }) => type === 'message')
        .map((item) =>
          listOf(item['content'])
            .map((part) => textOf(part['text']))
            .join(''),
        ),
    ),
    calls,
    usage: tokens(body['usage']),
    events: 0,
  };
};

const responsesStream = (data: readonly string[]): Received => {
  const texts = new Map<number, string>();
  const calls = new Map<number, { name: string; arguments: string }>();
  let end: Received | null = null;
  let code: string | null = null;
  for (const [index, frame] of data.entries()) {
    const event = JSON.parse(frame) as Members;
    const type = textOf(event['type']);
    demand(event['sequence_number'] === index, `event ${index} has the number ${String(event['sequence_number'])}`);
    demand(end === null, `${type} follows the terminal event`);
    demand(code === null || type === 'response.failed', `${type} follows the error`);
    const place = numberOf(event['output_index']);
    if (type === 'response.output_text.delta') texts.set(place, (texts.get(place) ?? '') + textOf(event['delta']));
    else if (type === 'response.output_item.added') {
      const item = objectOf(event['item']);
      if (item['type'] === 'function_call') calls.set(place, { name: textOf(item['name']), arguments: '' });
    } else if (type === 'response.function_call_arguments.delta') {
      const call = calls.get(place);
      demand(call !== undefined, 'arguments of a call that was not announced');
      if (call !== undefined) call.arguments += textOf(event['delta']);
    } else if (type === 'error') code = textOf(event['code']);
    else if (['response.completed', 'response.incomplete', 'response.failed'].includes(type))
      end = responseBody(objectOf(event['response']));
  }
  const text = paragraphs(texts.values());
  const said = { text, calls: [...calls.values()], events: data.length };
  if (end === null) return { end: 'none', code: null, finish: null, usage: null, ...said };
  demand(end.code === code, `error says ${code}, response.failed ${end.code}`);
  if (end.end === 'answer') {
    demand(end.text === text, 'the terminal event tells another text than its deltas');
    demand(JSON.stringify(end.calls) === JSON.stringify(said.calls), 'the terminal event tells other calls');
  }
  return { ...end, ...said };
};

const nothing: Received = { end: 'none', code: null, finish: null, text: '', calls: [], usage: null, events: 0 };

/** @throws Error at a body that breaks the rules of its format. */
export const receive = (mode: Mode, status: number, bytes: Buffer, complete: boolean): Received => {
  const body = bytes.toString('utf8');
  if (status !== 200) {
    if (!complete) return nothing;
    const { code } = objectOf(objectOf(JSON.parse(body))['error']);
    return { ...nothing, end: 'failure', code: textOf(code) };
  }
  if (isStream(mode)) {
    const data = frames(body, complete);
    const read = isChat(mode) ? chatStream(data) : responsesStream(data);
    demand(!complete || read.end !== 'none', 'the body is complete without a terminal frame');
    return read;
  }
  if (!complete) return nothing;
  const whole = JSON.parse(body) as Members;
  return isChat(mode) ? chatBody(whole) : responseBody(whole);
};
