/** What a gateway, or the edge before it, is asked in a smoke. Each check says what it expected and what came instead. */

import { inPath, run } from '../run.ts';
import { choicesOf, errorIn, eventsOf, isDone } from './events.ts';
import { type Check, demand, excerpt } from './report.ts';
import { ask, at, type Reply, type Target, urlOf } from './wire.ts';

export interface Patience {
  readonly requestMs: number;
  readonly streamMs: number;
}

const ok = (reply: Reply): void => demand(reply.status === 200, `status ${reply.status}: ${excerpt(reply.text)}`);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const healthy = (target: Target, { requestMs }: Patience): Check => ({
  name: `${target.label} /healthz`,
  asks: `GET ${urlOf(target, '/healthz')}`,
  run: async () => {
    const reply = await ask(target, '/healthz', { timeoutMs: requestMs, bare: true });
    ok(reply);
    demand(at(reply.json, 'ok') === true, `ok is not true: ${excerpt(reply.text)}`);
  },
});

export const ready = (target: Target, { requestMs }: Patience): Check => ({
  name: `${target.label} /readyz`,
  asks: `GET ${urlOf(target, '/readyz')}`,
  run: async () => {
    const reply = await ask(target, '/readyz', { timeoutMs: requestMs, bare: true });
    ok(reply);
    demand(at(reply.json, 'health', 'readiness', 'ready') === true, `not ready: ${excerpt(reply.text)}`);
  },
});

/** `orRefused`: a list that wants a key, and no key to show. */
export const models = (target: Target, { requestMs }: Patience, first: string | null, orRefused = false): Check => ({
  name: `${target.label} /v1/models${first === null ? '' : ` begins with ${first}`}`,
  asks: `GET ${urlOf(target, '/v1/models')}`,
  run: async () => {
    const reply = await ask(target, '/v1/models', { timeoutMs: requestMs });
    if (orRefused && reply.status === 401) return 'protected';
    ok(reply);
    demand(at(reply.json, 'object') === 'list', `not a list: ${excerpt(reply.text)}`);
    const found = at(reply.json, 'data', 0, 'id');
    demand(first === null ? isText(found) : found === first, `the first model is ${JSON.stringify(found)}`);
    return undefined;
  },
});

const hello = (model: string, stream: boolean) => ({
  model,
  stream,
  reasoning: { effort: 'low' },
  messages: [{ role: 'user', content: 'Say hello.' }],
  ...(stream ? { stream_options: { include_usage: true } } : {}),
});

const chat = '/v1/chat/completions';

export const wholeAnswer = (target: Target, { requestMs }: Patience, model: string): Check => ({
  name: `${target.label} POST ${chat} (non-stream)`,
  asks: `POST ${urlOf(target, chat)}`,
  run: async () => {
    const reply = await ask(target, chat, { body: hello(model, false), timeoutMs: requestMs });
    ok(reply);
    demand(at(reply.json, 'object') === 'chat.completion', `not a completion: ${excerpt(reply.text)}`);
    const content = at(reply.json, 'choices', 0, 'message', 'content');
    demand(isText(content) && content.trim() !== '', `no content: ${excerpt(reply.text)}`);
    demand(typeof at(reply.json, 'usage') === 'object', `no usage: ${excerpt(reply.text)}`);
  },
});

export const streamedAnswer = (target: Target, { streamMs }: Patience, model: string): Check => ({
  name: `${target.label} POST ${chat} (stream)`,
  asks: `POST ${urlOf(target, chat)}`,
  run: async () => {
    const reply = await ask(target, chat, { body: hello(model, true), timeoutMs: streamMs });
    ok(reply);
    const type = reply.headers['content-type'] ?? '';
    demand(type.startsWith('text/event-stream'), `content-type ${JSON.stringify(type)}`);
    const events = eventsOf(reply.text);
    const error = errorIn(events);
    demand(error === undefined, `the stream says: ${error}`);
    const deltas = choicesOf(events).map((choice) => at(choice, 'delta'));
    demand(at(deltas[0], 'role') === 'assistant', 'the first delta has no role');
    demand(
      deltas.some((delta) => isText(at(delta, 'content'))),
      'no delta has content',
    );
    demand(
      choicesOf(events).some((choice) => isText(at(choice, 'finish_reason'))),
      'no finish_reason',
    );
    demand(isDone(events), 'the stream does not end with [DONE]');
  },
});

export const imageHasCli = (image: string | undefined, { requestMs }: Patience): Check => {
  const args = ['run', '--rm', '--network', 'none', '--entrypoint', 'codex', image ?? '', 'app-server', '--help'];
  return {
    name: 'image has codex app-server',
    asks: `docker ${args.join(' ')}`,
    skip: image === undefined ? 'IMAGE is not set' : undefined,
    run: async () => {
      demand(inPath('docker'), 'docker is not installed; unset IMAGE to leave this out');
      const { code, stderr } = await run('docker', args, { timeoutMs: requestMs });
      demand(code === 0, `docker ended with ${code}: ${excerpt(stderr)}`);
      return image;
    },
  };
};
