/** Happenings as a test tells them, to watchers that it gives `watch`. */

import type { Watch } from '../actors/diagnostics.ts';
import type { Accounted } from '../http/accounted.ts';
import type { HttpHappenings } from '../http/happenings.ts';

type Told = HttpHappenings[keyof HttpHappenings];

export const accountedExample: Accounted = {
  requestId: 'req_0',
  at: 0,
  route: '/v1/responses',
  method: 'POST',
  mode: 'responses_stream',
  status: 200,
  outcome: 'ok',
  errorCode: null,
  streaming: false,
  requestedModel: 'gpt-5',
  model: 'gpt-5',
  effectiveModel: 'gpt-5',
  durationMs: 20,
  firstContentMs: 10,
  usage: null,
  promptEst: 0,
  completionEst: 0,
  emissionTrigger: null,
  finishReason: 'stop',
  toolCalls: 0,
  toolCallsTruncated: 0,
  choices: 1,
  usageTold: false,
  hasFunctionCall: false,
  userAgent: '',
  outputMode: null,
  stopAfterToolsMode: null,
  sanitizer: null,
  shape: { responses: [], textBytes: 0, textHash: null, items: {}, calls: [], callNames: [] },
};

export interface RequestExample {
  readonly id?: string;
  readonly path: string;
  /** Its template. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly authorized: boolean;
  readonly durationMs: number;
  readonly errorCode?: string;
}

export function happeningsHub() {
  const heard = new Map<keyof HttpHappenings, ((told: Told) => void)[]>();
  const watch: Watch<HttpHappenings> = (name, listener) => {
    heard.set(name, [...(heard.get(name) ?? []), listener as (told: Told) => void]);
    return () => {};
  };
  const publish = <Name extends keyof HttpHappenings>(name: Name, told: HttpHappenings[Name]): void => {
    for (const listener of heard.get(name) ?? []) listener(told);
  };
  /** A request that is over. */
  const request = ({ id = 'req_1', path, method, ...rest }: RequestExample): void => {
    const head = { method, path, query: '', client: new Uint8Array(16), peerIsLoopback: true, lengthsDiffer: false };
    const told = { id, at: 0, traceId: null, head: { ...head, header: () => '', headers: new Map() } };
    publish('request.over', { ...told, by: 'answer', errorCode: null, ...rest });
  };
  return { watch, publish, request };
}
