/** The limits of an answer that the gateway enforces itself, because no worker can be told. */

import type { Terms } from '../../actors/terms.ts';
import type { Json } from '../../actors/turn.ts';
import type { RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import type { Settings } from './settings.ts';

interface AskedBounds {
  readonly terms: Pick<Terms, 'callsMax' | 'tokensMax' | 'stop'>;
  /** As the response object echoes them. */
  readonly parallel: boolean;
  readonly cap: number | null;
  /** Paths that the operator does not let apply. */
  readonly ignored: readonly string[];
}

type Policy = Pick<RequestContext, 'enforceMaxTokens' | 'parallelToolCalls' | 'params'>;

const none: readonly string[] = [];

const stopOf = (asked: Json | undefined): readonly string[] =>
  asked === undefined ? none : [asked].flat().filter((text) => typeof text === 'string');

const refuse = (path: string): never => {
  const message = `${path} is not supported, because PROXY_ENFORCE_MAX_TOKENS is false; leave it out.`;
  throw new RequestError('unsupported_parameter', message, path);
};

/** `otherwise`: the cap of a request that has none. */
export function boundsOf({ values, paths }: Settings, policy: Policy, otherwise: number | null): AskedBounds {
  const cap = values.get('max_output_tokens');
  const tokens = typeof cap === 'number' ? cap : null;
  const fallback = policy.enforceMaxTokens ? otherwise : null;
  const path = paths.get('max_output_tokens') ?? 'max_output_tokens';
  const isIgnored = tokens !== null && !policy.enforceMaxTokens;
  if (isIgnored && policy.params === 'strict') refuse(path);
  const stop = stopOf(values.get('stop'));
  const asked = values.get('parallel_tool_calls');
  const parallel = typeof asked === 'boolean' ? asked : policy.parallelToolCalls;
  return {
    terms: { callsMax: parallel ? null : 1, tokensMax: isIgnored ? null : (tokens ?? fallback), stop },
    parallel,
    cap: tokens ?? fallback,
    ignored: isIgnored ? [path] : none,
  };
}
