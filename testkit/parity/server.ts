/**
 * The server that a row is checked against, as its users meet it: a process started with an environment, and HTTP. The worker
 * behind it is the fake app-server unless `CODEX_BIN` says otherwise. Invariant: whatever a test does, no process and no folder
 * outlives it.
 */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayEnv, type GatewayOptions, startGateway } from '../gateway.ts';
import { ask, type RawAnswer } from '../raw-client.ts';

const shim = join(import.meta.dirname, '../app-server/main.ts');
const readyWithinMs = 20_000;

export type Fields = Readonly<Record<string, unknown>>;
export type Headers = Readonly<Record<string, string>>;

/** A parsed JSON value, looked into without ceremony: a test that finds something else fails at its expectation. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

export interface Answer extends RawAnswer {
  readonly json: Loose;
}

const parsed = (text: string): Loose => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The JSON frames of an SSE body. */
export const framesOf = (text: string): readonly Loose[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => parsed(line.slice('data: '.length)));

/** The text that a chat stream adds up to. */
export const chatText = (frames: readonly Loose[]): string =>
  frames.map((frame) => frame.choices?.[0]?.delta?.content ?? '').join('');

/** The text that a stream of responses adds up to. */
export const responsesText = (frames: readonly Loose[]): string =>
  frames.map((frame) => (frame.type === 'response.output_text.delta' ? frame.delta : '')).join('');

export const sayHello = [{ role: 'user', content: 'Say hello.' }] as const;

/** A function tool in the shape of chat; the shim calls it. */
export const lookupUser = {
  type: 'function',
  function: { name: 'lookup_user', parameters: { type: 'object', properties: { id: { type: 'string' } } } },
} as const;

export class Server {
  readonly gateway: Gateway;

  constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  get port(): number {
    return this.gateway.port;
  }

  get key(): string {
    return this.gateway.key;
  }

  async send(method: string, path: string, headers: Headers = {}, body?: string | Uint8Array): Promise<Answer> {
    const answer = await ask(this.port, path, { method, headers, ...(body === undefined ? {} : { body }) });
    return { ...answer, json: parsed(answer.text) };
  }

  /** With the key. */
  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send('GET', path, { ...this.gateway.withKey, ...headers });
  }

  /** With the key; a body that is not text is written as JSON. */
  post(path: string, body: Fields | string | Uint8Array, headers: Headers = {}): Promise<Answer> {
    const all = { ...this.gateway.withKey, 'content-type': 'application/json', ...headers };
    const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return this.send('POST', path, all, bytes);
  }

  chat(extra: Fields = {}, headers: Headers = {}): Promise<Answer> {
    return this.post('/v1/chat/completions', { model: 'codex-5', messages: sayHello, ...extra }, headers);
  }

  resp(extra: Fields = {}, headers: Headers = {}): Promise<Answer> {
    return this.post('/v1/responses', { model: 'codex-5', input: 'Say hello.', ...extra }, headers);
  }

  async chatFrames(extra: Fields = {}, headers: Headers = {}): Promise<readonly Loose[]> {
    return framesOf((await this.chat({ stream: true, ...extra }, headers)).text);
  }

  async respFrames(extra: Fields = {}, headers: Headers = {}): Promise<readonly Loose[]> {
    return framesOf((await this.resp({ stream: true, ...extra }, headers)).text);
  }

  /** Resolves when the path answers with that status; rejects after the time that a start may take. */
  async until(path: string, status: number): Promise<void> {
    const giveUp = Date.now() + readyWithinMs;
    while ((await this.send('GET', path)).status !== status) {
      if (Date.now() > giveUp) throw new Error(`${path} did not become ${status}\n${this.gateway.lines.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export interface ServeOptions extends GatewayOptions {
  /** False: it is not waited for a worker. */
  readonly ready?: boolean;
}

/** Started with this environment. Who starts it stops it; `serve` does so by itself. */
export async function startServer(env: GatewayEnv = {}, options: ServeOptions = {}): Promise<Server> {
  const { ready = true, ...rest } = options;
  const gateway = await startGateway(
    { CODEX_BIN: shim, PROXY_WORKER_COUNT: '1', ...env },
    { workersReady: 0, ...rest },
  );
  const server = new Server(gateway);
  try {
    if (ready) await server.until('/readyz', 200);
  } catch (error) {
    await gateway.kill();
    throw error;
  }
  return server;
}

/** Started with this environment and stopped when the test that asks for it is over. */
export async function serve(env: GatewayEnv = {}, options: ServeOptions = {}): Promise<Server> {
  const server = await startServer(env, options);
  onTestFinished(() => server.gateway.kill());
  return server;
}
