/**
 * The tool-call smoke: a model that is told to call a tool does so, in a stream that clients can use. Invariant: the role comes
 * first, calls are complete and have ids of their own, nothing follows the finish, and nothing in the stream is a secret.
 */

import { choicesOf, errorIn, eventsOf, isDone, type ServerEvent } from './events.ts';
import { type Check, demand, excerpt } from './report.ts';
import { ask, at, type Target, urlOf } from './wire.ts';

export interface ToolSmoke {
  readonly model: string;
  readonly tool: string;
  readonly command: string;
  readonly timeoutMs: number;
  readonly responses: boolean;
  readonly includeUsage: boolean;
  readonly expectXml: boolean;
  readonly disconnect: boolean;
  /** One call is enough; otherwise there must be two. */
  readonly allowSingle: boolean;
  /** A model that calls nothing is told, and is no failure. */
  readonly allowMissing: boolean;
}

export type ToolMode = 'structured' | 'textual' | 'disconnect';

/** What the mode of a list of smokes stands for. */
export const inMode = (mode: ToolMode, options: ToolSmoke): ToolSmoke => ({
  ...options,
  expectXml: options.expectXml || mode === 'textual',
  disconnect: options.disconnect || mode === 'disconnect',
  allowSingle: options.allowSingle || mode !== 'structured',
});

interface Call {
  readonly id: unknown;
  readonly name: unknown;
  readonly arguments: string;
}

interface Seen {
  readonly calls: readonly Call[];
  readonly text: string;
  readonly finished: boolean;
  readonly usage: unknown;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function seenInChat(events: readonly ServerEvent[]): Seen {
  const choices = choicesOf(events);
  const calls = new Map<string, Call>();
  for (const choice of choices) {
    for (const delta of listOf(at(choice, 'delta', 'tool_calls'))) {
      const place = `${String(at(choice, 'index'))}/${String(at(delta, 'index'))}`;
      const begun = calls.get(place) ?? { id: at(delta, 'id'), name: at(delta, 'function', 'name'), arguments: '' };
      calls.set(place, { ...begun, arguments: begun.arguments + textOf(at(delta, 'function', 'arguments')) });
    }
  }
  return {
    calls: [...calls.values()],
    text: choices.map((choice) => textOf(at(choice, 'delta', 'content'))).join(''),
    finished: choices.some((choice) => typeof at(choice, 'finish_reason') === 'string'),
    usage: events.map(({ json }) => at(json, 'usage')).findLast((usage) => typeof usage === 'object' && usage !== null),
  };
}

function seenInResponses(events: readonly ServerEvent[]): Seen {
  const done = events.map(({ json }) => json).filter((json) => at(json, 'type') === 'response.output_item.done');
  const items = done.map((json) => at(json, 'item')).filter((item) => at(item, 'type') === 'function_call');
  const completed = events.find(({ json }) => at(json, 'type') === 'response.completed');
  return {
    calls: items.map((item) => ({
      id: at(item, 'call_id'),
      name: at(item, 'name'),
      arguments: textOf(at(item, 'arguments')),
    })),
    text: events
      .filter(({ json }) => at(json, 'type') === 'response.output_text.delta')
      .map(({ json }) => textOf(at(json, 'delta')))
      .join(''),
    finished: completed !== undefined,
    usage: at(completed?.json, 'response', 'usage'),
  };
}

/** The order of a chat stream: role, then deltas, then one finish a choice, then nothing of that choice. */
function demandOrder(events: readonly ServerEvent[]): void {
  const roles = new Set<unknown>();
  const finished = new Set<unknown>();
  for (const choice of choicesOf(events)) {
    const index = at(choice, 'index');
    const content = textOf(at(choice, 'delta', 'content'));
    const calls = listOf(at(choice, 'delta', 'tool_calls'));
    demand(!finished.has(index), `choice ${String(index)} goes on behind its finish`);
    demand(content === '' || calls.length === 0, 'text and calls in one delta');
    if (at(choice, 'delta', 'role') === 'assistant') roles.add(index);
    demand(roles.has(index), `choice ${String(index)} does not begin with the role`);
    if (typeof at(choice, 'finish_reason') === 'string') finished.add(index);
  }
}

function demandCalls(calls: readonly Call[], { allowSingle }: ToolSmoke): void {
  const wanted = allowSingle ? 1 : 2;
  const hint = allowSingle ? '' : ' (--allow-single accepts one)';
  demand(calls.length >= wanted, `${calls.length} tool calls, expected at least ${wanted}${hint}`);
  demand(new Set(calls.map(({ id }) => id)).size === calls.length, 'two calls have the same id');
  for (const { id, name, arguments: given } of calls) {
    demand(typeof id === 'string' && id !== '', 'a call has no id');
    demand(typeof name === 'string' && name !== '', 'a call has no name');
    demand(isObject(given), `arguments that are no JSON object: ${excerpt(given)}`);
  }
}

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
};

function demandBlock(text: string): void {
  const end = text.lastIndexOf('</use_tool>');
  demand(text.includes('<use_tool'), `no <use_tool> block: ${excerpt(text)}`);
  demand(end >= 0, `the <use_tool> block is not closed: ${excerpt(text)}`);
  demand(text.slice(end + '</use_tool>'.length).trim() === '', 'there is text behind the <use_tool> block');
}

function bodyOf({ model, tool, command, responses, includeUsage, expectXml }: ToolSmoke): object {
  const payload = JSON.stringify({ cmd: command });
  const block = `<use_tool name="${tool}">${payload}</use_tool>`;
  const prompt = expectXml
    ? `Return exactly one <use_tool name="${tool}"> block with ${payload} as its payload and output nothing else.\n${block}`
    : `Use ${tool} with cmd=${JSON.stringify(command)} and return the output of the tool.`;
  const parameters = { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] };
  const described = { name: tool, description: 'Runs a command.', parameters };
  const tools = responses ? [{ type: 'function', ...described }] : [{ type: 'function', function: described }];
  const choice = responses ? { type: 'function', name: tool } : { type: 'function', function: { name: tool } };
  return {
    model,
    stream: true,
    ...(responses ? { input: prompt } : { messages: [{ role: 'user', content: prompt }] }),
    ...(expectXml ? {} : { tools, tool_choice: choice }),
    ...(includeUsage && !responses ? { stream_options: { include_usage: true } } : {}),
  };
}

const pathOf = ({ responses }: ToolSmoke): string => (responses ? '/v1/responses' : '/v1/chat/completions');

const looksSecret = /\bsk-[A-Za-z0-9]{16,}|\bauthorization:/iu;

async function cutAtFirstCall(target: Target, options: ToolSmoke): Promise<string> {
  const { responses, timeoutMs } = options;
  const called = (events: readonly ServerEvent[]): number =>
    events.findIndex(({ json }) =>
      responses
        ? at(json, 'item', 'type') === 'function_call'
        : choicesOf([{ data: '', json }]).some((choice) => listOf(at(choice, 'delta', 'tool_calls')).length > 0),
    );
  const reply = await ask(target, pathOf(options), {
    body: bodyOf(options),
    headers: { 'x-proxy-output-mode': 'openai-json' },
    timeoutMs,
    reading: (text) => called(eventsOf(text)) < 0,
  });
  demand(reply.status === 200, `status ${reply.status}: ${excerpt(reply.text)}`);
  const events = eventsOf(reply.text);
  const first = called(events);
  demand(first >= 0, 'the stream came to its end without a tool call');
  const before = events.slice(0, first);
  const seen = responses ? seenInResponses(before) : seenInChat(before);
  demand(!seen.finished && !isDone(before), 'the stream was finished before its first call');
  const after = await ask(target, '/readyz', { timeoutMs, bare: true });
  demand(after.status === 200, `/readyz is ${after.status} behind the disconnect`);
  return 'disconnected at the first call';
}

async function wholeStream(target: Target, options: ToolSmoke): Promise<string> {
  const { responses, timeoutMs, expectXml, allowMissing, includeUsage } = options;
  const reply = await ask(target, pathOf(options), {
    body: bodyOf(options),
    headers: { 'x-proxy-output-mode': expectXml ? 'obsidian-xml' : 'openai-json' },
    timeoutMs,
  });
  demand(reply.status === 200, `status ${reply.status}: ${excerpt(reply.text)}`);
  demand(!looksSecret.test(reply.text), 'the stream contains what looks like a secret');
  const events = eventsOf(reply.text);
  const error = errorIn(events);
  demand(error === undefined, `the stream says: ${error}`);
  const seen = responses ? seenInResponses(events) : seenInChat(events);
  if (!responses) demandOrder(events);
  demand(seen.finished, responses ? 'no response.completed' : 'no finish_reason');
  if (!responses) demand(isDone(events), 'the stream does not end with [DONE]');
  if (includeUsage) demand(typeof seen.usage === 'object', 'no usage');
  const missing = expectXml ? !seen.text.includes('<use_tool') : seen.calls.length === 0;
  if (missing && allowMissing) return 'the model called no tool; TOOL_SMOKE_ALLOW_MISSING=0 makes that a failure';
  if (expectXml) {
    demandBlock(seen.text);
    return 'one block';
  }
  demandCalls(seen.calls, options);
  if (!responses) {
    const finishes = choicesOf(events).map((choice) => at(choice, 'finish_reason'));
    demand(finishes.includes('tool_calls'), 'no finish_reason tool_calls');
  }
  return seen.calls.map(({ name }) => name).join(', ');
}

export function toolCalls(target: Target, options: ToolSmoke): Check {
  const { disconnect, expectXml, responses } = options;
  const mode: ToolMode = disconnect ? 'disconnect' : expectXml ? 'textual' : 'structured';
  return {
    name: `${target.label} tool calls (${mode}${responses ? ', responses' : ''})`,
    asks: `POST ${urlOf(target, pathOf(options))}`,
    run: () => (disconnect ? cutAtFirstCall(target, options) : wholeStream(target, options)),
  };
}
