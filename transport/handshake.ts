/**
 * From a running process to a worker: `initialize`, `initialized`, then models. `initialize` has to succeed with a version
 * we know. The rest may fail without harm.
 */

import type { Journal, WorkerFact } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';
import { isObject, member } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { RpcPeer } from './rpc.ts';
import type { RpcFailure } from './rpc-request.ts';

/** The version that the protocol was observed with, and the oldest that can work at all. */
export const codexVersion = '0.169.0';
const codexVersionMin = [0, 155, 0] as const;
export const unknownVersion = 'unknown';

const optOut = [
  'thread/started',
  'thread/status/changed',
  'thread/settings/updated',
  'thread/readState/changed',
  'turn/started',
  'remoteControl/status/changed',
];

export interface HandshakeOptions {
  readonly rpc: RpcPeer;
  readonly limits: TransportLimits;
  readonly journal: Journal;
  /** Without the sign-in its limits are announced after every turn, empty. */
  readonly signsIn: boolean;
  readonly tell: (fact: WorkerFact) => void;
  /**
   * Renews the sign-in. Its siblings start when this worker is ready, and the tokens are for one process at a time to renew:
   * so this comes first, and calls back whether it succeeds or not.
   */
  readonly refresh: ((done: () => void) => void) | null;
  readonly completed: () => void;
}

export const describeFailure = (failure: RpcFailure): string =>
  failure.kind === 'refused' ? `${failure.message} (${failure.code})` : failure.kind;

/** `codex-gateway/0.169.0 (…)`. */
const versionOf = (result: unknown): string => {
  const agent = member(result, 'userAgent');
  return (typeof agent === 'string' ? /\/(\d+\.\d+\.\d+[\w.+-]*)/u.exec(agent)?.[1] : undefined) ?? unknownVersion;
};

export const tooOld = (version: string): boolean => {
  if (version === unknownVersion) return true;
  const parts = version.split(/[.+-]/u).map(Number);
  for (const [at, least] of codexVersionMin.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
};

/** What cannot be worked with, as a fact; the words are for the operator. */
export const incompatible = (version: string = unknownVersion): Extract<WorkerFact, { type: 'handshake.failed' }> => {
  const needed = `this gateway is made for ${codexVersion} and needs ${codexVersionMin.join('.')} or later`;
  return {
    type: 'handshake.failed',
    reason: `worker_incompatible: the version of the Codex CLI is ${version}; ${needed}`,
    incompatible: version,
  };
};

/** Said by a program that has never heard of what it was asked to do. */
export const isUsageError = (line: string | null): boolean =>
  line !== null && /unexpected argument|unrecognized subcommand|unknown (?:option|command)/iu.test(line);

/** A program that speaks JSON-RPC, but not this protocol. */
const isStranger = (failure: RpcFailure): boolean =>
  failure.kind === 'refused' &&
  (failure.code === -32601 || /unknown (?:variant|method)|method not found/iu.test(failure.message));

export const shakeHands = (options: HandshakeOptions): void => {
  const { rpc, limits, tell } = options;
  const clientInfo = { name: 'codex-gateway', title: 'Codex gateway', version: '1.0.0' };
  const optOutNotificationMethods = options.signsIn ? optOut : [...optOut, 'account/rateLimits/updated'];
  rpc.request({
    method: 'initialize',
    params: {
      clientInfo,
      capabilities: { experimentalApi: true, requestAttestation: false, optOutNotificationMethods },
    },
    deadlineMs: limits.handshakeMs,
    deadlineOfItsOwn: true,
    settle: (reply) => {
      if (!reply.ok && isStranger(reply.failure)) return tell(incompatible());
      if (!reply.ok) return tell({ type: 'handshake.failed', reason: `initialize: ${describeFailure(reply.failure)}` });
      const version = versionOf(reply.result);
      if (tooOld(version)) return tell(incompatible(version));
      if (version !== codexVersion) options.journal.warn('worker_version', { version, expected: codexVersion });
      rpc.notify('initialized');
      const done = (): void => {
        tell({ type: 'handshake.completed', version });
        options.completed();
      };
      if (options.refresh === null) done();
      else options.refresh(done);
    },
  });
};

const pagesMax = 20;

/** All pages of `model/list`. */
export const readModels = (options: Pick<HandshakeOptions, 'rpc' | 'limits' | 'journal' | 'tell'>): void => {
  const models: JsonObject[] = [];
  const page = (cursor: string | null, left: number): void => {
    options.rpc.request({
      method: 'model/list',
      params: cursor === null ? { limit: 100 } : { limit: 100, cursor },
      deadlineMs: options.limits.stepMs,
      settle: (reply) => {
        if (!reply.ok) return options.journal.warn('worker_models', { reason: describeFailure(reply.failure) });
        const data = member(reply.result, 'data');
        if (Array.isArray(data)) models.push(...data.filter(isObject).map((entry) => entry as JsonObject));
        const next = member(reply.result, 'nextCursor');
        if (typeof next === 'string' && left > 1) page(next, left - 1);
        else options.tell({ type: 'models.observed', models });
      },
    });
  };
  page(null, pagesMax);
};
