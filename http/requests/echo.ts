/** What the response object says of the request: the client's own values, and the documented defaults where it sent none. */

import { type Echo, usualEcho } from '../../actors/head.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { type Format, plainText } from './format.ts';
import { type Settings, settingText } from './settings.ts';
import { noTools, type Toolbox } from './toolbox.ts';
import { isObject } from './well-formed.ts';

const number = <T extends number | null>(settings: Settings, name: string, otherwise: T): number | T => {
  const value = settings.values.get(name);
  return typeof value === 'number' ? value : otherwise;
};

/** Those that were sent; null: none. */
const members = (settings: Settings, names: Readonly<Record<string, string>>): JsonObject | null => {
  let found: Record<string, Json> | null = null;
  for (const key in names) {
    const value = settings.values.get(names[key] ?? key);
    if (value !== undefined) (found ??= {})[key] = value;
  }
  return found;
};

const ofReasoning = { context: 'reasoning.context', mode: 'reasoning.mode' };
const ofExtra = {
  prompt_cache_retention: 'prompt_cache_retention',
  prompt_cache_options: 'prompt_cache_options',
};

/** What the settings came to. */
interface Effective {
  readonly effort: string | null;
  readonly tier: string | null;
  readonly toolbox: Toolbox;
  readonly format: Format;
  readonly parallel: boolean;
  readonly cap: number | null;
  readonly store: boolean;
}

/** The usual object where it says the same. */
const reasoningOf = (settings: Settings, effort: string | null): JsonObject => {
  const summary = settingText(settings, 'reasoning.summary');
  const more = members(settings, ofReasoning);
  const isUsual = effort === null && summary === null && more === null;
  return isUsual ? usualEcho.reasoning : { effort, summary, ...more };
};

const textOf = (settings: Settings, format: Format): JsonObject => {
  const verbosity = settingText(settings, 'text.verbosity') ?? 'medium';
  const isUsual = format.echo === plainText && verbosity === 'medium';
  return isUsual ? usualEcho.text : { format: format.echo, verbosity };
};

/** What a request may say and its echo does not repeat. */
const unsaid: ReadonlySet<string> = new Set(['model', 'input', 'messages', 'stream', 'n', 'include', 'store']);

/** Those of requests that ask for nothing in particular: what else they say is the operator's, and the same for all. */
const usual = { kept: usualEcho, unkept: { ...usualEcho, store: false } };

/** Null: the request asks for something. */
function usualOf(settings: Settings, { effort, tier, toolbox, format, parallel, cap, store }: Effective): Echo | null {
  if (effort !== null || tier !== null || format.echo !== plainText || toolbox.echo !== noTools) return null;
  for (const name of settings.values.keys()) if (!unsaid.has(name)) return null;
  const key = store ? 'kept' : 'unkept';
  const known = usual[key];
  if (known.parallel_tool_calls === parallel && known.max_output_tokens === cap) return known;
  const told = { ...known, parallel_tool_calls: parallel, max_output_tokens: cap };
  usual[key] = told;
  return told;
}

export function echoOf(settings: Settings, effective: Effective): Echo {
  return usualOf(settings, effective) ?? ownEcho(settings, effective);
}

/** The general way, which comes to the same where nothing was asked for. */
export function ownEcho(settings: Settings, { effort, tier, toolbox, format, parallel, cap, store }: Effective): Echo {
  const metadata = settings.values.get('metadata');
  const extra = members(settings, ofExtra);
  return {
    background: false,
    instructions: settingText(settings, 'instructions'),
    max_output_tokens: cap,
    max_tool_calls: number(settings, 'max_tool_calls', null),
    parallel_tool_calls: parallel,
    previous_response_id: settingText(settings, 'previous_response_id'),
    prompt_cache_key: settingText(settings, 'prompt_cache_key'),
    reasoning: reasoningOf(settings, effort),
    safety_identifier: settingText(settings, 'safety_identifier'),
    service_tier: tier ?? 'default',
    store,
    temperature: number(settings, 'temperature', 1),
    text: textOf(settings, format),
    tool_choice: toolbox.echo.choice,
    tools: toolbox.echo.tools,
    top_logprobs: 0,
    top_p: number(settings, 'top_p', 1),
    presence_penalty: number(settings, 'presence_penalty', 0),
    frequency_penalty: number(settings, 'frequency_penalty', 0),
    truncation: settingText(settings, 'truncation') ?? 'disabled',
    user: settingText(settings, 'user'),
    metadata: isObject(metadata) ? metadata : usualEcho.metadata,
    ...(extra === null ? {} : { extra }),
  };
}
