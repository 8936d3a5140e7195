/** What the response object says of the request: the client's own values, and the documented defaults where it sent none. */

import { type Echo, usualEcho } from '../../actors/head.ts';
import type { JsonObject } from '../../actors/turn.ts';
import { type Format, plainText } from './format.ts';
import { type Settings, settingText } from './settings.ts';
import type { Toolbox } from './toolbox.ts';
import { isObject } from './well-formed.ts';

const number = <T extends number | null>(settings: Settings, name: string, otherwise: T): number | T => {
  const value = settings.values.get(name);
  return typeof value === 'number' ? value : otherwise;
};

const members = (settings: Settings, names: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = settings.values.get(name);
      return value === undefined ? [] : [[key, value]];
    }),
  );

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
  const more = members(settings, { context: 'reasoning.context', mode: 'reasoning.mode' });
  const isUsual = effort === null && summary === null && Object.keys(more).length === 0;
  return isUsual ? usualEcho.reasoning : { effort, summary, ...more };
};

const textOf = (settings: Settings, format: Format): JsonObject => {
  const verbosity = settingText(settings, 'text.verbosity') ?? 'medium';
  const isUsual = format.echo === plainText && verbosity === 'medium';
  return isUsual ? usualEcho.text : { format: format.echo, verbosity };
};

export function echoOf(settings: Settings, { effort, tier, toolbox, format, parallel, cap, store }: Effective): Echo {
  const metadata = settings.values.get('metadata');
  const extra = members(settings, {
    prompt_cache_retention: 'prompt_cache_retention',
    prompt_cache_options: 'prompt_cache_options',
  });
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
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
