/**
 * What the fake app-server and the real CLI are both made to do. Invariant: a scenario waits for words, never for a time,
 * and every step of it has one possible place in the talk, so that two runs differ only by the rules of `order.ts`.
 */

import type { Turn } from '../../actors/turn.ts';
import type { ResponseId } from '../../machines/ids.ts';
import type { Worker } from '../worker.ts';
import type { Members } from './entry.ts';

/** What a scenario can do besides talking to the transport. */
export interface Stage {
  readonly worker: Worker;
  /** Reaches the deadlines of everything that is waited for. */
  expire(): void;
  /** So many requests of this method have been written to the process. */
  written(method: string, count?: number): Promise<void>;
  /** So many notifications of this method have come from it. */
  heard(method: string, count?: number): Promise<void>;
  /** The person at the browser enters the code. */
  approve(code: string): void;
  /** SIGKILL to the process. */
  kill(): void;
  /** A request past the transport, and its answer. */
  ask(method: string, params?: unknown): Promise<Members>;
}

export interface Scenario {
  readonly name: string;
  /** Begins signed out, at a provider that needs an account. */
  readonly signIn?: true;
  /** Requests that are never answered. */
  readonly unanswered?: number;
  /** Changes what is written to the process. */
  readonly spoil?: (text: string) => string;
  /** Holds back requests of one method until a notification of the other has come. */
  readonly hold?: { readonly request: string; readonly until: string };
  play(stage: Stage): Promise<void>;
}

const message = (role: string, type: string, text: string) => ({ type: 'message', role, content: [{ type, text }] });

const ask = (scenario: string, more: Partial<Turn> = {}): Turn => ({
  model: 'gpt-6.1-sol',
  items: [message('developer', 'input_text', 'You are terse.'), message('user', 'input_text', `[[sc:${scenario}]]`)],
  ...more,
});

/** A failure is known before the turn is over; the turn is let go only then, as after any other end. */
const finish = async ({ worker, heard }: Stage, turn: Turn, count = 1): Promise<void> => {
  const response = worker.start(turn);
  await worker.event(response, 'turn.ended');
  await heard('turn/completed', count);
  await worker.stop(response);
};

const turn = (name: string, scenario: string): Scenario => ({
  name,
  play: async (stage) => finish(stage, ask(scenario)),
});

/** So many pieces of text have come. */
const pieces = async (worker: Worker, response: ResponseId, count: number): Promise<void> =>
  void (await worker.until(() =>
    worker.of(response).filter(({ type }) => type === 'text.delta').length >= count ? true : undefined,
  ));

/**
 * The transport writes the unsubscribe right behind the interrupt, and then it is chance how much of the end of the turn is
 * still told: all of it in a third of the runs, mostly nothing. Held back, the unsubscribe meets a turn that has ended.
 */
const interrupt: Scenario = {
  name: 'interrupt',
  hold: { request: 'thread/unsubscribe', until: 'turn/completed' },
  play: async ({ worker }) => {
    const response = worker.start(ask('hangmid n=2'));
    await pieces(worker, response, 2);
    await worker.stop(response);
  },
};

const exit: Scenario = {
  name: 'exit-mid-turn',
  play: async ({ worker, kill }) => {
    const response = worker.start(ask('hangmid n=2'));
    await pieces(worker, response, 2);
    kill();
    await worker.fact('process.exited');
  },
};

/**
 * A lone surrogate makes the CLI drop the line without a word. The transport never writes one, so it is put in on the way;
 * the answer to a later request proves that the CLI is past it.
 */
const unanswered: Scenario = {
  name: 'unanswered-request',
  unanswered: 1,
  spoil: (text) => text.replace('"effort":"low"', String.raw`"effort":"\ud800"`),
  play: async ({ worker, written, expire }) => {
    const response = worker.start(ask('text n=2', { effort: 'low' }));
    await written('turn/start');
    worker.channel.send({ type: 'account.read' });
    await worker.until(() => worker.facts.filter(({ type }) => type === 'account.observed')[1]);
    expire();
    await worker.event(response, 'turn.refused');
    await worker.stop(response);
  },
};

/** The barrier opens when both are in the middle of their text, so each is heard within the other. */
const interleaved: Scenario = {
  name: 'two-threads',
  play: async ({ worker, heard }) => {
    const parts = (name: string): Turn => ask(`text chunks=${name}1|${name}2|${name}3 barrier=middle at=1 of=2`);
    const first = worker.start(parts('a'));
    await pieces(worker, first, 1);
    const second = worker.start(parts('b'));
    await heard('turn/completed', 2);
    await worker.stop(first);
    await worker.stop(second);
  },
};

/** Both calls are asked before the turn is let go; which comes first is the CLI's affair. */
const calls: Scenario = {
  name: 'parallel-calls',
  hold: { request: 'thread/unsubscribe', until: 'turn/completed' },
  play: async ({ worker, heard }) => {
    const inputSchema = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ name: 'get_weather', description: 'Current weather', inputSchema }];
    const response = worker.start(ask('tool calls=2', { tools }));
    await Promise.all([worker.event(response, 'sampling.completed'), heard('item/tool/call', 2)]);
    await worker.stop(response);
  },
};

/** The CLI answers the model itself and samples again; a gateway would have stopped the turn at the end of the first. */
const untaken = (name: string, scenario: string, tools: Turn['tools'] = []): Scenario => ({
  name,
  play: async ({ worker, heard }) => {
    const response = worker.start(ask(scenario, { tools }));
    await heard('turn/completed');
    await worker.stop(response);
  },
});
const weather = [{ name: 'get_weather', description: 'Current weather', inputSchema: { type: 'object' } }];

/** Echoes of everything that a conversation can hold; the count of tokens tells what the provider was sent of it. */
const history: Scenario = {
  name: 'history',
  play: async (stage) => {
    const call = { call_id: 'call_1', name: 'get_weather' };
    const items = [
      message('system', 'input_text', 'Be kind.'),
      message('user', 'input_text', 'Weather?'),
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Look it up.' }], encrypted_content: 'gAAAA' },
      { ...message('assistant', 'output_text', 'One moment.'), phase: 'commentary' },
      { type: 'function_call', arguments: '{"city": "Paris"}', ...call },
      { type: 'function_call_output', call_id: 'call_1', output: '20 C' },
      message('assistant', 'output_text', 'It is 20 C.'),
      { type: 'function_call', name: 'orphan', arguments: '{}', call_id: 'call_2' },
      { type: 'function_call_output', call_id: 'call_3', output: 'nobody called' },
      { type: 'from_the_future', text: 'x' },
      message('user', 'input_text', '[[sc:text n=2]]'),
    ];
    await finish(stage, { model: 'gpt-6.1-sol', items });
  },
};

/** What comes before the handshake is refused, and so is a name that no header can carry; the handshake itself is not harmed. */
const early: Scenario = {
  name: 'before-the-handshake',
  spoil: (text) => {
    if (!text.includes('"method":"initialize"')) return text;
    const requests = [
      { method: 'thread/start', id: 'early', params: {} },
      { method: 'initialize', id: 'named', params: { clientInfo: { name: 'a\nb', version: '1' } } },
    ];
    return `${requests.map((request) => `${JSON.stringify(request)}\n`).join('')}${text}`;
  },
  play: async (stage) => finish(stage, ask('text n=1')),
};

/** A client that asked for less than it uses. */
const incapable: Scenario = {
  name: 'without-the-capability',
  spoil: (text) => text.replace('"experimentalApi":true', '"experimentalApi":false'),
  play: async (stage) => {
    await stage.ask('thread/start', { dynamicTools: [] });
    await stage.ask('thread/start', { environments: [] });
    await stage.ask('thread/start', { experimentalRawEvents: true });
    await stage.ask('server/diagnostics', {});
  },
};

const signIn: Scenario = {
  name: 'sign-in',
  signIn: true,
  play: async (stage) => {
    const { worker, approve } = stage;
    await finish(stage, ask('text n=1'));
    worker.channel.send({ type: 'login.start' });
    const { offer } = await worker.fact('login.offered');
    approve(offer.code);
    await worker.fact('login.completed');
    await worker.until(() => worker.facts.find((fact) => fact.type === 'account.observed' && fact.signedIn === true));
    await finish(stage, ask('text n=2'), 2);
  },
};

/** What the provider does, and what the CLI tells of it: one row each, in the order of the catalogue of its failures. */
const rows: Readonly<Record<string, string>> = {
  text: 'text n=4',
  'several-messages': 'text n=2 msgs=commentary,final_answer',
  reasoning: 'reason parts=2 n=2',
  'reasoning-aloud': 'reason parts=1 raw enc=none n=2',
  'web-search': 'websearch n=2',
  'bad-request': 'status code=400',
  'context-length': 'status kind=context',
  'context-length-late': 'failed code=context_length_exceeded',
  unauthorised: 'status kind=auth',
  forbidden: 'status code=403',
  'payment-required': 'status code=402',
  'too-large': 'status code=413',
  'model-not-found': 'status kind=model',
  'rate-limit': 'status kind=rate',
  quota: 'status kind=quota',
  'server-error': 'status code=500',
  'server-error-once': 'status code=500 times=1',
  'bad-gateway': 'status code=502',
  overloaded: 'status kind=overloaded',
  'no-stream': 'status code=200',
  reset: 'reset',
  'closed-early': 'closeearly',
  cut: 'cut n=2',
  'cut-behind-the-item': 'cut n=2 done',
  'no-end': 'noterminal n=2',
  'failed-rate-limit': 'failed code=rate_limit_exceeded',
  'failed-overloaded': 'failed code=server_is_overloaded',
  'failed-quota': 'failed code=insufficient_quota',
  'failed-plan': 'failed code=usage_not_included',
  'failed-policy': 'failed code=cyber_policy',
  'failed-prompt': 'failed code=invalid_prompt',
  'failed-otherwise': 'failed',
  'error-event': 'errorevent n=1',
  length: 'incomplete reason=max_output_tokens',
  'content-filter': 'incomplete reason=content_filter',
  'unknown-events': 'unknownevent n=2',
  'malformed-events': 'malformed n=2',
  'completed-twice': 'twice n=2',
  'no-opening': 'noadded n=2',
  'no-closing': 'nodone n=2',
  'no-deltas': 'nodelta n=2',
  'only-deltas': 'deltasonly n=2',
  'only-closing': 'doneonly n=2',
  refusal: 'refusal',
  empty: 'empty',
  'no-usage': 'nousage n=2',
  rerouted: 'headers model=gpt-other n=2',
};

export const scenarios: readonly Scenario[] = [
  ...Object.entries(rows).map(([name, row]) => turn(name, row)),
  interrupt,
  exit,
  unanswered,
  interleaved,
  calls,
  untaken('unknown-tool', 'tool name=nope args={}'),
  untaken('arguments-not-json', 'tool args={oops', weather),
  untaken('custom-tool', 'customtool'),
  history,
  early,
  incapable,
  signIn,
];
