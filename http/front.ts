/** What the front end is composed of: the runtime behind it, the wire formats and the operator's settings. */

import type { Clock, Ids, Journal, PictureSource } from '../actors/seams.ts';
import type { Service } from '../actors/service.ts';
import type { Diagnostics } from '../actors/diagnostics.ts';
import type { ModelDirectory, RequestPolicy } from './admission.ts';
import type { CorsPolicy } from './cors.ts';
import type { Endpoint } from './endpoint.ts';
import type { Metrics } from './metrics.ts';
import type { OutputPolicy } from './output-mode.ts';
import type { OverloadLimits } from './overload.ts';
import type { RateLimit } from './rate-limit.ts';
import type { MetricsAccess, TestAccess, TestHooks } from './side-routes.ts';
import type { HttpHappenings } from './happenings.ts';
import type { LoginDisclosure } from './sign-in.ts';
import type { UsageDesk } from './usage-route.ts';

export interface FrontSettings extends RequestPolicy {
  readonly apiKeys: readonly string[];
  /** `/v1/models` needs a key. */
  readonly protectModels: boolean;
  /** Further names that a server on loopback answers to. */
  readonly allowedHosts: readonly string[];
  readonly cors: CorsPolicy;
  /** Each preflight request is logged. */
  readonly logCorsOrigin: boolean;
  /** As in `PROXY_TRUST_PROXY`. */
  readonly trustProxy: string;
  /** `/v1/responses` is offered. */
  readonly responsesEnabled: boolean;
  readonly metrics: MetricsAccess;
  readonly tests: TestAccess;
  /** Each request is in a trace, be it one of its own. */
  readonly tracing: boolean;
  /** Told by metrics. */
  readonly maintenance: boolean;
  /** Of generating requests; null: none. */
  readonly rateLimit: RateLimit | null;
  /** Answers that are streamed at a time; 0: no limit. */
  readonly streamsMax: number;
  readonly login: LoginDisclosure;
  /** Questions about usage that are asked in a chat are answered by the gateway. */
  readonly usageQueries: boolean;
  /** `/v1/usage` needs no key. */
  readonly usageAllowUnauth: boolean;
  /** What answers look like. */
  readonly outputPolicy: OutputPolicy;
  /** What becomes of an image that is only named by its address. */
  readonly remoteImages: 'fetch' | 'text' | 'reject';
  /** For `/healthz`. */
  readonly sandboxMode: string;
  readonly backendMode: 'app-server' | 'proto';
  /** Open connections, idle ones included. */
  readonly connectionsMax: number;
  readonly bodyBytesMax: number;
  /** Comments in streams; 0: none. */
  readonly keepaliveMs: number;
  /** What may wait for a stream's reader that takes nothing. */
  readonly sinkBufferBytes: number;
  /** For how long such a reader may be behind without ever catching up. */
  readonly sinkLagMs: number;
  /** Under pressure a stream is written to once in so long; 0: always at once. */
  readonly coalesceMs: number;
  /** New answers are refused when the event loop is late; null: never. */
  readonly overload: OverloadLimits | null;
  /** Silence of a whole answer before blanks are sent; 0: none. */
  readonly silenceMs: number;
  /** Period of those blanks. */
  readonly blankMs: number;
}

export interface Front {
  readonly service: Service;
  readonly clock: Clock;
  /** The time of day, for people and files: it may jump, as after a machine has slept. Deadlines go by `clock`. */
  readonly calendar: () => number;
  readonly ids: Ids;
  readonly journal: Journal;
  readonly diagnostics: Diagnostics<HttpHappenings>;
  readonly models: ModelDirectory;
  /** What should not happen and did, by name, since the start: for `/healthz`. */
  readonly anomalies: () => Readonly<Record<string, number>>;
  readonly responses: Endpoint;
  readonly chat: Endpoint;
  readonly pictures: PictureSource;
  readonly hooks: TestHooks;
  readonly usage: UsageDesk;
  /** Null: there are none. */
  readonly metrics: (Pick<Metrics, 'page'> & Partial<Pick<Metrics, 'now'>>) | null;
  readonly settings: FrontSettings;
}
