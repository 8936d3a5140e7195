/**
 * What is beside the API: `/metrics` for those who watch the gateway, `/__test/…` for tests of its clients. Both are there only
 * when they are switched on, and neither is for callers from elsewhere unless the operator says so.
 */

import type { ToolBufferCounts } from '../actors/tool-buffer.ts';
import type { JsonObject } from '../actors/turn.ts';
import { ApiKeys } from './auth.ts';
import { isLocalCaller } from './client-address.ts';
import { isOwnOrigin } from './cors.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type Header, noStore } from './headers.ts';
import type { Host } from './host/host.ts';
import type { RequestHead } from './request-head.ts';
import type { RouteName } from './routes.ts';

/** Not in `metrics.ts`, which is loaded only where there are metrics. */
const metricsType: Header = ['content-type', 'text/plain; version=0.0.4; charset=utf-8'];

export interface MetricsAccess {
  readonly enabled: boolean;
  /** Everybody. */
  readonly open: boolean;
  /** Callers on this machine. */
  readonly local: boolean;
  readonly token: string | undefined;
}

export interface TestAccess {
  readonly enabled: boolean;
  /** Callers from elsewhere, too. */
  readonly remote: boolean;
}

/** What the test routes look at and act on. */
export interface TestHooks {
  /** Tells fake workers that wait for it to go on; resolves with the reason why it cannot, or null. */
  readonly release: () => Promise<string | null>;
  /** Text that was held back while it might have been a tool call: counted since the start or the last reset. */
  readonly toolBuffer: ToolBufferCounts;
}

export type SideRoute = Extract<RouteName, 'metrics' | `test.${string}`>;

export const isSideRoute = (name: RouteName): name is SideRoute => name === 'metrics' || name.startsWith('test.');

const told = (status: number, body: JsonObject): Answer => jsonAnswer(status, JSON.stringify(body));

export async function metricsAnswer(
  head: RequestHead,
  access: MetricsAccess,
  page: () => Promise<string>,
): Promise<Answer> {
  const admitted =
    access.open ||
    (access.local && isLocalCaller(head) && isOwnOrigin(head.header('origin'))) ||
    new ApiKeys([access.token ?? '']).admit(head.header('authorization')) !== null;
  if (!admitted) return told(403, { ok: false, reason: 'metrics access denied' });
  return { status: 200, headers: [metricsType, noStore], body: await page() };
}

/** The caller has shown the key. */
export async function testAnswer(
  name: Exclude<SideRoute, 'metrics'>,
  head: RequestHead,
  access: TestAccess,
  { release, host }: Pick<TestHooks, 'release'> & { readonly host: Host },
): Promise<Answer> {
  if (!access.remote && !isLocalCaller(head))
    return told(403, { ok: false, reason: 'test endpoints restricted to loopback' });
  switch (name) {
    case 'test.conc':
      return told(200, { conc: await host.streamsOpen() });
    case 'test.release': {
      const reason = await release();
      return reason === null ? told(200, { ok: true }) : told(400, { ok: false, reason });
    }
    case 'test.toolBuffer':
      return told(200, { ok: true, summary: await host.toolBuffer() });
    case 'test.toolBufferReset':
      await host.resetToolBuffer();
      return told(200, { ok: true });
  }
}
