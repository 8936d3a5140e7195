/**
 * What each request does, once it is known to be well formed and allowed. Invariant: the handshake happens once, and
 * every request that comes here is answered once.
 */
import type { Account, Answer } from './account.ts';
import { listModels } from './catalog.ts';
import { invalid } from './lines.ts';
import type { Json, JsonObject } from './lines.ts';
import { asObject, asString } from './serde.ts';
import { createThreads } from './threads.ts';
import type { Handler, Reply } from './reply.ts';
import type { ThreadOptions, Threads } from './threads.ts';

export interface HandlerOptions extends ThreadOptions {
  readonly account: Account;
  readonly version?: string;
  readonly codexHome?: string;
  readonly pid?: number;
  readonly residentBytes?: () => number;
  readonly gauges?: { readonly [name: string]: number };
}

export interface Handlers extends Pick<Threads, 'reply' | 'release' | 'otherThread'> {
  initialize(params: JsonObject): Answer;
  initialized(): void;
  serve(method: string, params: JsonObject, reply: Reply): void;
}

export function createHandlers(options: HandlerOptions): Handlers {
  const { clock, random, notify, client, account, version = '0.169.0', codexHome = '/codex-home' } = options;
  const threads = createThreads(options);
  const gaugesSeen = new Set<string>();

  const diagnostics = (): JsonObject => {
    const counts = threads.counts();
    const now: { readonly [name: string]: number } = {
      'app.requests.in_flight': 1,
      'app.requests.queued': 0,
      'app.server_requests.pending': counts.calls,
      'core.threads.live': counts.threads,
      'core.turns.active': counts.turns,
      ...options.gauges,
    };
    // A gauge shows up with its first value other than zero, and stays.
    const shown = Object.entries(now).filter(
      ([name, value]) => value > 0 || name.startsWith('app.requests') || gaugesSeen.has(name),
    );
    for (const [name] of shown) gaugesSeen.add(name);
    const residentMemoryBytes = options.residentBytes?.() ?? 100_000_000;
    return {
      process: { id: options.pid ?? 1, residentMemoryBytes, physicalFootprintBytes: null },
      gauges: shown.map(([name, value]) => ({ name, value })),
    };
  };
  const pass = (outcome: Answer, reply: Reply): void =>
    'result' in outcome ? reply.answer(outcome.result) : reply.refuse(outcome.refusal);

  const served: { readonly [method: string]: Handler } = {
    ...threads.served,
    'server/diagnostics': (_, reply) => reply.answer(diagnostics()),
    'model/list': (params, reply) => {
      const found = listModels(options.models, params);
      if (found === null) reply.refuse(invalid(`invalid cursor: ${asString(params['cursor'])}`));
      else reply.answer(found);
    },
    'account/read': (_, reply) => pass(account.read(), reply),
    'account/rateLimits/read': (_, reply) => pass(account.rateLimits(), reply),
    'account/login/start': (params, reply) => pass(account.start(params), reply),
    'account/login/cancel': (params, reply) => pass(account.cancel(params), reply),
    'account/logout': (_, reply) => pass(account.logout(), reply),
  };

  return {
    otherThread: threads.otherThread,
    release: threads.release,
    reply: threads.reply,
    serve: (method, params, reply) => served[method]?.(params, reply),
    initialize(params) {
      if (client.initialized) return { refusal: invalid('Already initialized') };
      const { name, version: clientVersion } = asObject(params['clientInfo']) as { readonly [member: string]: Json };
      const given = asString(name);
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(given))
        return { refusal: invalid(`Invalid clientInfo.name: '${given}'. Must be a valid HTTP header value.`) };
      const capabilities = asObject(params['capabilities']);
      const optOut = capabilities['optOutNotificationMethods'];
      client.name = given;
      client.version = asString(clientVersion);
      client.experimental = capabilities['experimentalApi'] === true;
      client.optOut = new Set(Array.isArray(optOut) ? optOut.map((method: Json) => asString(method)) : []);
      client.initialized = true;
      const userAgent = `${given}/${version} (Debian 12.0.0; x86_64) unknown (${given}; ${client.version})`;
      return { result: { userAgent, codexHome, platformFamily: 'unix', platformOs: 'linux' } };
    },
    initialized() {
      const installationId = random.uuid(clock.now());
      notify('remoteControl/status/changed', {
        status: 'disabled',
        serverName: 'fake',
        installationId,
        environmentId: null,
      });
    },
  };
}
