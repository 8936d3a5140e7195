/** What all smokes read from the environment. Invariant: every value is checked before the first request. */

import { type Environment, firstOf, isOn, numberOf } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import type { Patience } from './checks.ts';
import { type ToolMode, type ToolSmoke } from './tools.ts';
import { baseUrl, isLoopback, type Target } from './wire.ts';

export const defaultBase = 'http://127.0.0.1:11435';

/** Of a gateway on this machine that nobody has given a key of its own. */
const localKey = 'codex-local-secret';

const hourS = 3600;

export const patienceOf = (env: Environment): Patience => ({
  requestMs: numberOf(env, 'SMOKE_REQUEST_TIMEOUT', 60, 1, hourS) * 1000,
  streamMs: numberOf(env, 'SMOKE_STREAM_TIMEOUT', 120, 1, hourS) * 1000,
});

/** For those smokes that know one timeout for all. */
export function oneTimeout(env: Environment, preset: number): Patience {
  const ms = numberOf(env, 'TIMEOUT_MS', preset, 1, hourS * 1000);
  return { requestMs: ms, streamMs: ms };
}

export const keyOf = (env: Environment, ...first: readonly string[]): string | undefined =>
  firstOf(env, ...first, 'KEY', 'PROXY_API_KEY');

export function targetOf(label: string, name: string, text: string, key: string | undefined, site?: string): Target {
  const base = baseUrl(name, text);
  const shown = key ?? (isLoopback(base) && site === undefined ? localKey : undefined);
  return { label, base, ...(site === undefined ? {} : { site }), ...(shown === undefined ? {} : { key: shown }) };
}

const modes: readonly ToolMode[] = ['structured', 'textual', 'disconnect'];

export function toolModesOf(env: Environment, preset: string): readonly ToolMode[] {
  const named = (firstOf(env, 'TOOL_SMOKE_MODES') ?? preset).split(',').map((mode) => mode.trim());
  return named.map((mode) => {
    const known = modes.find((each) => each === mode);
    if (known === undefined)
      throw new Refusal(`TOOL_SMOKE_MODES: ${JSON.stringify(mode)} is none of ${modes.join(', ')}`);
    return known;
  });
}

export function toolSmokeOf(env: Environment, model: string): ToolSmoke {
  const endpoint = firstOf(env, 'TOOL_SMOKE_ENDPOINT') ?? 'chat';
  if (endpoint !== 'chat' && endpoint !== 'responses')
    throw new Refusal(`TOOL_SMOKE_ENDPOINT=${JSON.stringify(endpoint)}: expected chat or responses`);
  return {
    model: firstOf(env, 'TOOL_SMOKE_MODEL') ?? model,
    tool: firstOf(env, 'TOOL_SMOKE_TOOL') ?? 'exec_command',
    command: firstOf(env, 'TOOL_SMOKE_CMD') ?? 'echo smoke',
    timeoutMs: numberOf(
      env,
      'TOOL_SMOKE_TIMEOUT_MS',
      numberOf(env, 'TIMEOUT_MS', 30_000, 1, hourS * 1000),
      1,
      hourS * 1000,
    ),
    responses: endpoint === 'responses',
    includeUsage: false,
    expectXml: false,
    disconnect: false,
    allowSingle: false,
    allowMissing: isOn(env['TOOL_SMOKE_ALLOW_MISSING']),
  };
}
