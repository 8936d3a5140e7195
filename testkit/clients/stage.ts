/**
 * The stage of one client: a gateway as it ships for a whole file, its fake provider empty before each test, every byte
 * that a client read judged after it. Invariant: what one test did is over before the next begins.
 */

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Gateway, type GatewayEnv, startGateway } from '../gateway.ts';
import { untilLoad } from '../gateway-health.ts';
import type { Recorded } from '../provider/recording.ts';
import { modelItems } from '../provider-view.ts';
import type { Json, JsonObject } from '../validator/json.ts';
import { WatchedFetch } from '../watched-fetch.ts';

export interface Stage {
  /** Only from within a test. */
  readonly gateway: Gateway;
  readonly watch: WatchedFetch;
  readonly samplings: readonly Recorded[];
  /** What the model was given as input in that sampling. */
  input(index: number): readonly JsonObject[];
  /** A member of the body that the model was given. */
  setting(index: number, name: string): Json | undefined;
}

const idle = { activeTurns: 0, queued: 0 };

export function stage(env: GatewayEnv = {}): Stage {
  let gateway: Gateway | undefined;
  const watch = new WatchedFetch();
  const running = (): Gateway => {
    if (gateway === undefined) throw new Error('the gateway is not running yet');
    return gateway;
  };
  beforeAll(async () => {
    gateway = await startGateway({ PROXY_WORKER_COUNT: '1', ...env });
    await gateway.until((line) => line.includes(' models_observed '));
  });
  afterAll(async () => gateway?.stop());
  beforeEach(async () => {
    await untilLoad(running(), idle);
    running().provider.reset();
  });
  afterEach(() => watch.check());
  return {
    get gateway() {
      return running();
    },
    watch,
    get samplings() {
      return running().provider.samplings;
    },
    input: (index) => modelItems(running().provider.samplings[index]) as readonly JsonObject[],
    setting: (index, name) => (running().provider.samplings[index]?.body as JsonObject | undefined)?.[name],
  };
}

/** Every client calls itself this model; the fake provider answers to any name. */
export const model = 'codex-5';

/** LangChain takes the Responses API for every name with `codex` in it, whatever it was told. */
export const plainModel = 'gpt-5.5';
