/**
 * The four ways to read an answer: chat and responses, whole and streamed, as one thing each that can be compared. Invariant:
 * what a way cannot tell is `null`, never left out.
 */

import { framesOf, type Answer, type Fields, type Headers, type Loose, lookupUser, type Server } from './server.ts';

export const ways = ['chat whole', 'chat stream', 'responses whole', 'responses stream'] as const;
export type Way = (typeof ways)[number];

export interface Reading {
  readonly status: number;
  readonly text: string;
  /** `name arguments` of each call. */
  readonly calls: readonly string[];
  readonly callIds: readonly string[];
  /** In the words of chat. */
  readonly finish: string | null;
  /** Input and output. */
  readonly tokens: readonly [number, number] | null;
  readonly error: string | null;
}

const nothing: Omit<Reading, 'status'> = { text: '', calls: [], callIds: [], finish: null, tokens: null, error: null };

const tokensOf = (usage: Loose): Reading['tokens'] => {
  if (usage === null || usage === undefined) return null;
  return [usage.prompt_tokens ?? usage.input_tokens, usage.completion_tokens ?? usage.output_tokens];
};

const called = (calls: readonly Loose[]): Pick<Reading, 'calls' | 'callIds'> => ({
  calls: calls.map((call) => `${call.function.name} ${call.function.arguments}`),
  callIds: calls.map((call) => call.id),
});

/** The calls that deltas add up to. */
const gathered = (deltas: readonly Loose[]): readonly Loose[] => {
  const calls: Loose[] = [];
  for (const {
    index,
    id,
    function: { name, arguments: piece },
  } of deltas) {
    calls[index] ??= { id, function: { name, arguments: '' } };
    calls[index].function.arguments += piece ?? '';
  }
  return calls;
};

export function chatWhole({ status, json }: Answer): Reading {
  if (status !== 200) return { ...nothing, status, error: json.error.code };
  const { message, finish_reason: finish } = json.choices[0];
  const calls = called(message.tool_calls ?? []);
  return { ...nothing, status, text: message.content ?? '', ...calls, finish, tokens: tokensOf(json.usage) };
}

/** One choice of a stream. */
export function chatStream({ status, json, text }: Answer, choice = 0): Reading {
  if (status !== 200) return { ...nothing, status, error: json.error.code };
  const frames = framesOf(text);
  const own = frames.flatMap((frame) => (frame.choices ?? []).filter((one: Loose) => one.index === choice));
  return {
    status,
    text: own.map(({ delta }) => delta.content ?? '').join(''),
    ...called(gathered(own.flatMap(({ delta }) => delta.tool_calls ?? []))),
    finish: own.find((one) => one.finish_reason !== null)?.finish_reason ?? null,
    tokens: tokensOf(frames.findLast((frame) => frame.usage)?.usage),
    error: frames.find((frame) => frame.error)?.error.code ?? null,
  };
}

const finishes: Readonly<Record<string, string>> = { max_output_tokens: 'length', content_filter: 'content_filter' };

const responded = (status: number, response: Loose): Reading => {
  const items: readonly Loose[] = response.output;
  const calls = items.filter(({ type }) => type === 'function_call');
  const completed = calls.length > 0 ? 'tool_calls' : 'stop';
  const finish = response.status === 'completed' ? completed : finishes[response.incomplete_details?.reason];
  return {
    status,
    text: items.flatMap(({ content }) => (content ?? []).map((part: Loose) => part.text)).join('\n\n'),
    calls: calls.map(({ name, arguments: given }) => `${name} ${given}`),
    callIds: calls.map((call) => call.call_id),
    finish: finish ?? null,
    tokens: tokensOf(response.usage),
    error: response.error?.code ?? null,
  };
};

export const responsesWhole = ({ status, json }: Answer): Reading =>
  status === 200 ? responded(status, json) : { ...nothing, status, error: json.error.code };

/** What the terminal event says; the deltas must say the same. Of a failed one the item that was open is in the deltas alone. */
export function responsesStream({ status, json, text }: Answer): Reading {
  if (status !== 200) return { ...nothing, status, error: json.error.code };
  const frames = framesOf(text);
  const reading = responded(status, frames.at(-1).response);
  const deltas = frames.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
  if (reading.error !== null) return { ...reading, text: deltas.join('') };
  const separated = reading.text.replaceAll('\n\n', '');
  const seen = deltas.join('').replaceAll('\n\n', '');
  if (seen !== separated)
    throw new Error(`deltas say ${JSON.stringify(seen)}, the end says ${JSON.stringify(separated)}`);
  return reading;
}

const { name, parameters } = lookupUser.function;

/** The same tool as each endpoint writes it. */
export const flatLookup = { type: 'function', name, parameters } as const;

export interface Asked {
  readonly prompt?: string;
  readonly tools?: boolean;
  readonly chat?: Fields;
  readonly responses?: Fields;
  readonly headers?: Headers;
}

/** Asks in one way. */
export async function read(server: Server, way: Way, asked: Asked = {}): Promise<Reading> {
  const { prompt = 'Say hello.', tools = false, headers = {} } = asked;
  const chat = {
    messages: [{ role: 'user', content: prompt }],
    ...(tools ? { tools: [lookupUser] } : {}),
    ...asked.chat,
  };
  const own = { input: prompt, ...(tools ? { tools: [flatLookup] } : {}), ...asked.responses };
  switch (way) {
    case 'chat whole':
      return chatWhole(await server.chat({ ...chat, stream: false }, headers));
    case 'chat stream': {
      const streaming = { stream: true, stream_options: { include_usage: true } };
      return chatStream(await server.chat({ ...chat, ...streaming }, headers));
    }
    case 'responses whole':
      return responsesWhole(await server.resp({ ...own, stream: false }, headers));
    case 'responses stream':
      return responsesStream(await server.resp({ ...own, stream: true }, headers));
  }
}

/** In all four ways, one after the other. */
export async function readAll(server: Server, asked: Asked = {}): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const way of ways) readings.push(await read(server, way, asked));
  return readings;
}
