// The fake model provider: an HTTP server that lets the real Codex CLI run offline, and a login issuer beside it.
// Invariant: state is counters and recordings only; equal requests get equal answers, and `close` ends every stream.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BodyError, parseBody, readBody } from './body.ts';
import { Conditions } from './conditions.ts';
import { answerControl } from './control.ts';
import { Sampling } from './events.ts';
import { Gates } from './gates.ts';
import { type LoginAnswer, LoginIssuer } from './login.ts';
import { answerLogin } from './login-routes.ts';
import { ScenarioError } from './params.ts';
import { play } from './player.ts';
import type { Provider, ProviderOptions } from './provider.ts';
import { type Recorded, Recorder } from './recording.ts';
import { readModelRequest } from './request.ts';
import { scenarioNamed } from './scenarios.ts';
import { attemptKey, nameFor, select } from './select.ts';
import { barrier, type Headers, type Step } from './steps.ts';

function errorBody(message: string, code: string): { readonly error: Record<string, unknown> } {
  return { error: { message, type: 'invalid_request_error', code, param: null } };
}

function sendJson(
  response: ServerResponse,
  record: Recorded,
  answer: LoginAnswer | { status: number; body: unknown },
): void {
  record.status = answer.status;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const location = 'location' in answer && answer.location !== undefined ? { location: answer.location } : {};
  response.writeHead(answer.status, { 'content-type': 'application/json', ...location });
  response.end(JSON.stringify(answer.body));
}

export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { recordMax = 10_000, bodyBytesMax = 256 * 1024 * 1024 } = options;
  const selection = {
    defaultScenario: options.defaultScenario ?? 'default',
    modelScenarios: options.modelScenarios ?? {},
  };
  const conditions = new Conditions();
  const changed = (): void => conditions.changed();
  const gates = new Gates(changed);
  const recorder = new Recorder(recordMax, changed);
  const login = new LoginIssuer(options.login ?? {}, changed);
  const attempts = new Map<string, number>();
  const closing = new AbortController();
  let sequence = 0;

  function countAttempt(key: string): number {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    return attempt;
  }

  async function answerModel(response: ServerResponse, record: Recorded, signal: AbortSignal): Promise<void> {
    sequence += 1;
    record.sequence = sequence;
    const request = readModelRequest(record.body);
    const selected = select(request, selection);
    const { params } = selected.spec;
    record.key = attemptKey(request, params);
    record.attempt = selected.round === 0 ? countAttempt(record.key) : 0;
    record.scenario = nameFor(selected, record.attempt);
    changed();
    const sampling = new Sampling(sequence, request, params);
    const scenario = scenarioNamed(record.scenario);
    function* steps(): Generator<Step> {
      yield* barrier(params, 'hold');
      yield* scenario({
        request,
        params,
        sampling,
        nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
      });
    }
    const headers: Headers = { 'x-request-id': `req_fake_${record.sequence}` };
    const wireBytes = params.int('wire');
    const end = await play({ steps: steps(), response, record, gates, signal, headers, wireBytes, changed });
    if (end === 'broken') recorder.end(record, 'provider');
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    record: Recorded,
    signal: AbortSignal,
  ): Promise<void> {
    const url = new URL(record.url, 'http://provider');
    const body = await readBody(request, bodyBytesMax);
    record.rawBytes = body.rawBytes;
    record.body = parseBody(body.text, request.headers['content-type'] ?? '');
    changed();
    if (record.method === 'POST' && url.pathname === '/v1/responses') {
      if (login.accepts(request.headers.authorization)) return answerModel(response, record, signal);
      return sendJson(response, record, { status: 401, body: errorBody('bad token', 'invalid_api_key') });
    }
    if (record.method === 'GET' && url.pathname === '/v1/models') {
      return sendJson(response, record, { status: 200, body: { object: 'list', data: [] } });
    }
    const other =
      answerLogin(login, record.method, url, record.body) ??
      (options.control === true ? answerControl(provider, record.method, url) : undefined);
    sendJson(response, record, other ?? { status: 404, body: errorBody(`no such path: ${url.pathname}`, 'not_found') });
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const record = recorder.start(request.method ?? '', request.url ?? '/', request.headers);
    const gone = new AbortController();
    response.once('close', () => {
      const early = closing.signal.aborted ? 'provider' : 'client';
      recorder.end(record, response.writableFinished ? 'finished' : early);
      gone.abort();
    });
    response.on('error', () => undefined);
    answer(request, response, record, gone.signal).catch((reason: unknown) => {
      record.problem = String(reason);
      const bad = reason instanceof ScenarioError || reason instanceof BodyError;
      const status = reason instanceof BodyError ? reason.status : bad ? 400 : 500;
      const code = bad ? 'bad_scenario' : 'provider_bug';
      sendJson(response, record, { status, body: errorBody(record.problem, code) });
    });
  }

  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, noDelay: true }, onRequest);
  server.timeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  async function close(): Promise<void> {
    closing.abort();
    conditions.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  const provider: Provider = {
    origin,
    baseUrl: `${origin}/v1`,
    port,
    login,
    get requests() {
      return recorder.records;
    },
    get samplings() {
      return recorder.records.filter((record) => record.sequence > 0);
    },
    get activeStreams() {
      return recorder.activeStreams;
    },
    pause: (key) => gates.pause(key),
    resume: (key) => gates.resume(key),
    release: (name) => gates.release(name),
    waiting: (name) => gates.waiting(name),
    stopped: (key) => gates.stopped(key),
    until: (predicate, untilOptions) => {
      const what = untilOptions?.what ?? predicate.toString().slice(0, 200);
      return conditions.until(() => predicate(provider), { ...untilOptions, what });
    },
    reset() {
      recorder.clear();
      attempts.clear();
      sequence = 0;
      login.reset();
      gates.reset();
      changed();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return provider;
}
