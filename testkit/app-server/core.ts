/**
 * The scripted fake `codex app-server` as a pure object: lines in, lines out, time and chance from outside. It keeps the
 * rules of the real process (handshake, capabilities, one turn a thread, echoes, unload) and plays scripts as turns.
 * Invariant: equal options, inputs and clock give equal output; nothing is read from the world.
 */
import { createAccount } from './account.ts';
import type { Account, AccountState } from './account.ts';
import { bundledModels } from './catalog.ts';
import type { Clock } from './clock.ts';
import { createHandlers } from './handlers.ts';
import type { Handlers } from './handlers.ts';
import { invalid, notification, refusal, response } from './lines.ts';
import type { JsonObject, Refusal, RequestId } from './lines.ts';
import { createOutlet } from './outlet.ts';
import type { Faults, Sink } from './outlet.ts';
import { createRandom } from './random.ts';
import { experimentalUse, requestComplaint } from './requests.ts';
import type { RequestRule, Script } from './script.ts';
import { createSelection } from './selection.ts';
import type { Play } from './selection.ts';
import type { ShimPlay } from './shim-modes.ts';
import { asObject, asString, isObject, wellFormed } from './serde.ts';
import type { Client } from './reply.ts';

export interface AppServerOptions {
  readonly clock: Clock;
  readonly sink: Sink;
  readonly seed?: number;
  /** Scenario of turns that select none. */
  readonly defaultScenario?: string;
  /** Comes before any scenario. */
  readonly play?: Play;
  /** For turns that select no scenario, instead of the default one. */
  readonly unselected?: ShimPlay;
  /** Turns of who is signed out; the provider refuses them otherwise. */
  readonly turnedAway?: Script;
  readonly models?: readonly JsonObject[];
  readonly account?: AccountState;
  readonly loginMs?: number | null;
  readonly issuer?: string;
  /** Of a login, instead of what the issuer's would be. */
  readonly authUrl?: string | null;
  readonly loginId?: string | null;
  readonly onAccount?: (state: AccountState) => void;
  /** Input is not looked at before. */
  readonly readyDelayMs?: number;
  readonly neverReady?: boolean;
  /** Speaks before it is spoken to. */
  readonly early?: boolean;
  /** Seeded permutation among the reorderings that the real process shows. */
  readonly reorder?: boolean;
  readonly faults?: Faults;
  readonly rules?: readonly RequestRule[];
  readonly unloadDelayMs?: number;
  readonly version?: string;
  readonly codexHome?: string;
  readonly cwd?: string;
  readonly pid?: number;
  readonly residentBytes?: () => number;
  /** Values that replace those of `server/diagnostics`. */
  readonly gauges?: { readonly [name: string]: number };
}

export interface AppServer {
  /** One line of stdin, without its end. */
  receive(line: string): void;
  /** End of stdin: the process exits with code 0 and forgets its turns. */
  end(): void;
  release(key: string): void;
  /** `stored`: the tokens are there though it is told as failed. */
  completeLogin(success: boolean, error?: string, stored?: boolean): void;
  readonly account: () => AccountState;
}

export function createAppServer(options: AppServerOptions): AppServer {
  const { clock, sink } = options;
  const random = createRandom(options.seed ?? 1);
  const client: Client = { name: '', version: '', initialized: false, experimental: false, optOut: new Set() };
  const rules: { method: string; times: number; act: RequestRule['act'] }[] = (options.rules ?? []).map((rule) => ({
    ...rule,
  }));
  const note = (text: string): void => sink.note?.(text);
  const outlet = createOutlet({
    clock,
    random,
    sink,
    reorder: options.reorder ?? false,
    faults: options.faults ?? {},
    otherThread: (threadId) => handlers.otherThread(threadId),
  });
  const notify = (method: string, params: JsonObject): void => {
    if (!client.optOut.has(method)) outlet.line(notification(method, params, clock.now()));
  };
  const account: Account = createAccount({
    clock,
    notify,
    mint: () => random.uuid(clock.now()),
    initial: options.account ?? 'none',
    loginMs: options.loginMs === undefined ? 1000 : options.loginMs,
    onChange: (state) => options.onAccount?.(state),
    issuer: options.issuer ?? 'https://auth.openai.com',
    authUrl: options.authUrl ?? null,
    loginId: options.loginId ?? null,
  });
  const selection = createSelection({
    defaultScenario: options.defaultScenario ?? 'hello',
    signedOut: () => account.state() === 'signedOut',
    nowMs: () => clock.now(),
    ...(options.play === undefined ? {} : { play: options.play }),
    ...(options.unselected === undefined ? {} : { unselected: options.unselected }),
    ...(options.turnedAway === undefined ? {} : { turnedAway: options.turnedAway }),
  });
  const handlers: Handlers = createHandlers({
    ...options,
    random,
    outlet,
    notify,
    client,
    account,
    selection,
    models: options.models ?? bundledModels,
    addRule: (rule) => void rules.push({ ...rule }),
  });

  const answer = (id: RequestId, result: JsonObject): void => outlet.line(response(id, result), 'answer');
  const refuse = (id: RequestId, why: Refusal): void => outlet.line(refusal(id, why), 'answer');

  const request = (method: string, id: RequestId, params: unknown): void => {
    const rule = rules.find((one) => one.method === method && one.times > 0);
    if (rule !== undefined) {
      rule.times -= 1;
      if (rule.act === 'ignore') return undefined;
      return 'exit' in rule.act ? outlet.exit(rule.act.exit, null) : refuse(id, rule.act);
    }
    const complaint = requestComplaint(method, params);
    if (complaint !== null) return refuse(id, invalid(`Invalid request: ${complaint}`));
    const given = asObject(params);
    if (method === 'initialize') {
      const outcome = handlers.initialize(given);
      return 'refusal' in outcome ? refuse(id, outcome.refusal) : (answer(id, outcome.result), handlers.initialized());
    }
    if (!client.initialized) return refuse(id, invalid('Not initialized'));
    const used = client.experimental ? null : experimentalUse(method, given);
    if (used !== null) return refuse(id, invalid(`${used} requires experimentalApi capability`));
    handlers.serve(method, given, {
      answer: (result) => answer(id, result),
      refuse: (why) => refuse(id, why),
    });
  };
  const control = (method: string, params: JsonObject): void => {
    if (method === 'fake/release') handlers.release(asString(params['key']));
    if (method === 'fake/login')
      account.completeLogin(
        params['success'] !== false,
        asString(params['error']) || undefined,
        params['stored'] === true || undefined,
      );
  };
  const read = (line: string): void => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch (error) {
      return note(`Failed to deserialize JSONRPCMessage: ${(error as Error).message}`);
    }
    const lost = 'Failed to deserialize JSONRPCMessage: data did not match any variant of untagged enum JSONRPCMessage';
    // Only an escape can smuggle half a surrogate pair through UTF-8.
    if (!isObject(message) || (line.includes('\\u') && !wellFormed(message))) return note(lost);
    const { method, id, params } = message;
    const known = Number.isSafeInteger(id) || typeof id === 'string';
    if (typeof method === 'string') {
      if (id === undefined) return control(method, asObject(params));
      return known ? request(method, id as RequestId, params) : undefined;
    }
    if (known && ('result' in message || 'error' in message))
      return handlers.reply(id as RequestId, message as JsonObject);
    note(lost);
  };

  if (options.early === true)
    clock.schedule(0, () =>
      outlet.line(notification('configWarning', { summary: 'before the handshake', details: null }, clock.now())),
    );

  let waiting: string[] | null = options.neverReady === true || (options.readyDelayMs ?? 0) > 0 ? [] : null;
  if (waiting !== null && options.neverReady !== true)
    clock.schedule(options.readyDelayMs ?? 0, () => {
      const lines = waiting ?? [];
      waiting = null;
      for (const line of lines) read(line);
    });

  return {
    receive: (line) => (waiting === null ? read(line) : void waiting.push(line)),
    end: () => outlet.exit(0, null),
    release: (key) => handlers.release(key),
    completeLogin: account.completeLogin,
    account: account.state,
  };
}
