/**
 * The HTTP server. Order of checks: route and method, `Host`, key, how often that key has asked, then whatever the endpoint
 * itself asks for; the body is not touched before the key was found good. Invariant: no request, and no exception in answering one, ends the process.
 */

import { Account } from './accounting.ts';
import { ApiKeys } from './auth.ts';
import { isLocalCaller, trustOf } from './client-address.ts';
import { corsOfRequests, isOwnOrigin } from './cors.ts';
import { failureAnswer, rateLimited, refusal, thrownAnswer } from './errors.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { answerTap } from './answer-tap.ts';
import { Exchange } from './exchange.ts';
import { exchangeHouse } from './exchange-house.ts';
import type { Front } from './front.ts';
import { generate } from './generation.ts';
import { generatorOf } from './generator.ts';
import { healthAnswer } from './health.ts';
import type { Condition, HostMaker } from './host/host.ts';
import { localHost } from './host/local-host.ts';
import { hostGate } from './hosts.ts';
import { Listener } from './listener.ts';
import { modelList, oneModel } from './models-route.ts';
import { loadGate } from './load-gate.ts';
import { type LoopProbe, loopProbe } from './overload.ts';
import { eventLoop, type Loop, Pace } from './pace.ts';
import { Readers } from './readers.ts';
import { reasonOf } from './reason.ts';
import { preflightFacts } from './cors-log.ts';
import { readHead } from './request-head.ts';
import { RequestError } from './request-error.ts';
import { type Offered, type Route, resolveRoute, routeTemplate } from './routes.ts';
import { isSideRoute, metricsAnswer, testAnswer } from './side-routes.ts';
import { type Soon, when } from './soon.ts';
import type { Place } from './standing.ts';
import { storedAnswer } from './stored-route.ts';
import { traceIdOf } from './trace-context.ts';
import { rawUsageAnswer, usageAnswer } from './usage-route.ts';
import type { HttpRequest, HttpResponse, Uws } from './uws-types.ts';

export interface ServerOptions extends Front {
  readonly uws: Uws;
  /** Absent: the loop of this process. */
  readonly loop?: Loop;
  readonly probe?: () => LoopProbe;
  /** False: several processes share the port and the kernel spreads connections over them. */
  readonly exclusivePort: boolean;
  /** Of a shared port: what waits for this process when it leaves goes to the others. Absent: it may not. */
  readonly portMigrates?: boolean;
  /** Absent: there is one process. */
  readonly host?: HostMaker;
}

export interface Server {
  /** Rejects when the address is taken. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ readonly port: number }>;
  /** From now on `/readyz` says that this server is about to stop, so that edges send nobody here; who comes is served. */
  leave(): void;
  /** Of a shared port; see `standing.ts`. False: there it cannot stand now. */
  stand(place: Place): boolean;
  /** Takes no new connections. Requests on those that are open are served, each as the last one of its connection. */
  retire(): void;
  /** The same; resolves when the answers under way have ended (or `forceAfterMs` is over) and every connection is closed. */
  close(forceAfterMs: number): Promise<void>;
  /** Requests that are not answered to the end yet. */
  readonly active: number;
}

type Found = Extract<Route, { type: 'route' }>;

const isUsage = (name: Found['name']): boolean => name === 'usage' || name === 'rawUsage';

export function createServer(options: ServerOptions): Server {
  const { service, clock, ids, journal, diagnostics, models, anomalies, metrics, settings } = options;
  const keys = new ApiKeys(settings.apiKeys);
  const { uws, exclusivePort: exclusive, portMigrates: migrates = false } = options;
  const listener = new Listener({ uws, clock, exclusive, migrates, connectionsMax: settings.connectionsMax });
  const readers = new Readers();
  const pace = new Pace(options.loop ?? eventLoop, settings.coalesceMs);
  const turnedAway = loadGate(options, options.probe ?? loopProbe);
  const trust = trustOf(settings.trustProxy) ?? (() => false);
  let leaving = false;

  const offered: Offered = (name) => {
    if (name === 'responses' || name === 'stored') return settings.responsesEnabled;
    if (name === 'metrics') return settings.metrics.enabled && metrics !== null;
    return !isSideRoute(name) || settings.tests.enabled;
  };

  const corsOf = corsOfRequests(settings.cors);

  const isAdmitted = hostGate(() => ({
    listenAddress: listener.host,
    allowed: settings.allowedHosts,
    defaultKey: settings.cors.defaultKey,
  }));

  const unauthorized = (): Answer => refusal(new RequestError('invalid_api_key', 'unauthorized'));
  const notReady = (): Answer => failureAnswer({ code: 'worker_not_ready' });

  const host = (options.host ?? localHost)(options, {
    condition: () => ({
      health: service.health(),
      leaving,
      models: service.models(),
      anomalies: anomalies(),
      nodes: null,
      pid: process.pid,
    }),
    metricFacts: () => ({
      health: service.health(),
      connections: listener.connections,
      streams: host.streams,
      lag: readers.lag(),
      maintenance: settings.maintenance,
      toolBuffer: options.hooks.toolBuffer,
      anomalies: anomalies(),
      account: service.limits(),
    }),
  });

  const healthTold = (exchange: Exchange, name: 'healthz' | 'readyz' | 'livez', hasKey: boolean) => {
    const insider = hasKey || (isLocalCaller(exchange.head) && isOwnOrigin(exchange.head.header('origin')));
    const { sandboxMode, backendMode } = settings;
    return ({ health, leaving: isLeaving, ...found }: Condition): Answer => {
      const told = isLeaving && health.ready ? { ...health, ready: false, readiness: 'shutdown_initiated' } : health;
      const { status, body } = healthAnswer(name, told, { sandboxMode, backendMode, insider, ...found });
      return jsonAnswer(status, JSON.stringify(body));
    };
  };

  const generator = generatorOf(options, { host, readers, pace });
  const answerLater = (exchange: Exchange, answer: Promise<Answer>): void =>
    void answer.then(
      (told) => exchange.guard(() => exchange.answer(told)),
      (error: unknown) => exchange.guard(() => exchange.answer(thrownAnswer(error))),
    );

  const answerSoon = (exchange: Exchange, answer: Soon<Answer>): void =>
    answer instanceof Promise ? answerLater(exchange, answer) : exchange.answer(answer);

  const generateFor = (exchange: Exchange, name: 'responses' | 'chat', owner: string): void => {
    if (turnedAway(exchange)) return;
    const account = new Account(exchange, options[name], options.calendar, diagnostics);
    const waitMs = host.take(owner);
    if (waitMs === null || waitMs instanceof Promise) {
      void generate(exchange, options[name], generator, { owner, account, permit: waitMs });
    } else exchange.answer(rateLimited(waitMs));
  };

  const serveRoute = (exchange: Exchange, { name, id }: Found): void => {
    const owner = keys.admit(exchange.head.header('authorization'));
    exchange.authorized = owner !== null;
    const isPublic = !settings.protectModels;
    if (name === 'healthz' || name === 'readyz' || name === 'livez')
      answerSoon(exchange, when(host.condition(), healthTold(exchange, name, owner !== null)));
    else if (isPublic && name === 'models') exchange.answer(modelList(models, true));
    else if (isPublic && name === 'model') exchange.answer(oneModel(models, id, true));
    else if (name === 'metrics')
      answerLater(exchange, metricsAnswer(exchange.head, settings.metrics, host.metricsPage));
    else if (owner === null && !(settings.usageAllowUnauth && isUsage(name))) exchange.answer(unauthorized());
    else if (name === 'usage') answerSoon(exchange, usageAnswer(exchange.head, options.usage, options.calendar()));
    else if (name === 'rawUsage') answerSoon(exchange, rawUsageAnswer(exchange.head, options.usage));
    else if (owner === null) exchange.answer(unauthorized());
    else if (isSideRoute(name)) {
      answerLater(exchange, testAnswer(name, exchange.head, settings.tests, { ...options.hooks, host }));
    } else if (name === 'models') exchange.answer(modelList(models, false));
    else if (name === 'model') exchange.answer(oneModel(models, id, false));
    else if (name === 'stored') answerSoon(exchange, storedAnswer(exchange.head, id, service.archive(owner)));
    else if (exchange.head.method !== 'HEAD') generateFor(exchange, name, owner);
    else if (name === 'responses' && !service.health().ready) exchange.answer(notReady());
    else exchange.answer(jsonAnswer(200, ''));
  };

  /** Later, not now: a second request that comes meanwhile makes uWebSockets.js end the connection without serving it. */
  const refuseLengths = (exchange: Exchange): void => {
    const error = new RequestError('invalid_request_error', 'The Content-Length headers differ; send one.');
    setImmediate(() => exchange.guard(() => exchange.answer({ ...refusal(error), cut: true })));
  };

  const serve = (exchange: Exchange): void => {
    const { method, path, header, peerIsLoopback } = exchange.head;
    const route = resolveRoute({ method, path, upgrade: header('upgrade') }, offered);
    if (exchange.head.lengthsDiffer) refuseLengths(exchange);
    else if (route.type === 'unknown') throw new RequestError('unknown_url', route.message);
    else if (route.type === 'wrong method') {
      const error = new RequestError('method_not_allowed', `${method} is not allowed here; use ${route.allow}.`);
      exchange.answer(refusal(error, [['allow', route.allow]]));
    } else if (!isAdmitted(header('host'), peerIsLoopback)) {
      throw new RequestError('misdirected_request', 'This Host is not served here; add it to PROXY_ALLOWED_HOSTS.');
    } else if (route.type === 'websocket') {
      const error = new RequestError('websocket_disabled', 'WebSocket is switched off; use POST with stream: true.');
      exchange.answer({ ...refusal(error, [['upgrade', 'websocket']]), close: true });
    } else if (route.type === 'preflight') {
      if (settings.logCorsOrigin) journal.info('cors_preflight', preflightFacts(exchange.head));
      exchange.answer({ status: 204, headers: [], body: '' });
    } else serveRoute(exchange, route);
  };

  const guarded = (exchange: Exchange): void => {
    try {
      serve(exchange);
    } catch (error) {
      if (!(error instanceof RequestError)) {
        journal.warn('request_failed', { req_id: exchange.id, reason: reasonOf(error) });
      }
      exchange.answer(thrownAnswer(error));
    }
  };

  const house = exchangeHouse({ clock, ids, journal, listener });
  listener.onRequest((response: HttpResponse, request: HttpRequest) => {
    const startedAt = clock.now();
    const head = readHead(response, request, trust);
    const id = ids.request();
    const tap = answerTap(diagnostics, id);
    const exchange = new Exchange(response, { id, startedAt, house, head, cors: corsOf(head), tap });
    const traceId = traceIdOf(head, id, settings.tracing);
    const told = { id, at: options.calendar(), head, route: routeTemplate(head.path), traceId };
    diagnostics.publish('request.begun', told);
    guarded(exchange);
    exchange.attend();
    exchange.onOver((end) => {
      diagnostics.publish('request.over', { ...told, ...end, authorized: exchange.authorized });
    });
  });

  return {
    listen: (host, port) => listener.listen(host, port),
    leave: () => {
      leaving = true;
    },
    stand: (place) => listener.stand(place),
    retire: () => listener.retire(),
    close: (forceAfterMs) => listener.close(forceAfterMs),
    get active() {
      return listener.active;
    },
  };
}
