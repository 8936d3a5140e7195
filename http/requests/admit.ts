/**
 * The last steps that both endpoints share: parameters, model, effort -> an `Admission`. The echo holds what the client
 * sent and says `store:false`, because nothing is stored yet.
 */

import type { Echo } from '../../actors/head.ts';
import type { Json, JsonObject, Turn } from '../../actors/turn.ts';
import type { Admission, ModelEntry, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { effectiveEffort } from './effort.ts';
import { developerMessage } from './items.ts';
import { bareId } from './models.ts';
import { readInclude, readSettings, type Settings } from './settings.ts';
import { isAbsent, isObject, quotable, wellFormed } from './well-formed.ts';

/** First check of all: a request names its model. */
export const requireModel = (body: JsonObject): string => {
  const model = body['model'];
  if (typeof model === 'string' && bareId(model) !== '') return model;
  throw new RequestError('model_required', 'model is required', 'model');
};

export interface Draft {
  readonly model: string;
  readonly items: readonly JsonObject[];
  /** The field that the items came from, for the error when there are none. */
  readonly from: 'input' | 'messages';
  readonly stream: boolean;
}

export function admit(body: JsonObject, draft: Draft, context: RequestContext, checkN: (n: Json) => void): Admission {
  const settings = readSettings(body, context.params);
  const n = settings.values.get('n');
  if (n !== undefined) checkN(n);
  const include = readInclude(settings.values.get('include'));
  const model = requireKnown(draft.model, context);
  const asked = text(settings, 'reasoning.effort');
  const effort = asked === null ? null : effectiveEffort(asked, model, settings.paths.get('reasoning.effort'));
  const instructions = text(settings, 'instructions');
  const items = [
    ...(instructions === null || instructions === '' ? [] : [developerMessage(instructions)]),
    ...draft.items,
  ];
  if (items.length === 0) {
    throw new RequestError('invalid_request_error', `${draft.from} holds no content; send some text.`, draft.from);
  }
  const verbosity = text(settings, 'text.verbosity');
  const turn: Turn = {
    model: model.target,
    items,
    ...(effort === null ? {} : { effort }),
    ...(verbosity === null ? {} : { verbosity }),
  };
  return {
    model: wellFormed(model.id, 'model'),
    echo: echoOf(settings, effort),
    turn,
    stream: draft.stream,
    includeUsage: settings.values.get('stream_options.include_usage') === true,
    revealEncrypted: include.has('reasoning.encrypted_content'),
    ignoredParams: settings.ignored,
  };
}

/** Truthiness decides, as clients of long standing expect; null is absent. */
export const wantsStream = (body: JsonObject, otherwise: boolean): boolean => {
  const stream = body['stream'];
  return isAbsent(stream) ? otherwise : Boolean(stream);
};

function requireKnown(id: string, context: RequestContext): ModelEntry {
  const model = context.models.find(id);
  if (model !== null) return model;
  const name = quotable(id.trim());
  const message = `The model ${name} does not exist or you do not have access to it.`;
  throw new RequestError('model_not_found', message, 'model');
}

const text = (settings: Settings, name: string): string | null => {
  const value = settings.values.get(name);
  return typeof value === 'string' ? value : null;
};

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

function echoOf(settings: Settings, effort: string | null): Echo {
  const metadata = settings.values.get('metadata');
  const extra = members(settings, {
    prompt_cache_retention: 'prompt_cache_retention',
    prompt_cache_options: 'prompt_cache_options',
  });
  return {
    background: false,
    instructions: text(settings, 'instructions'),
    max_output_tokens: number(settings, 'max_output_tokens', null),
    max_tool_calls: number(settings, 'max_tool_calls', null),
    parallel_tool_calls: settings.values.get('parallel_tool_calls') !== false,
    previous_response_id: null,
    prompt_cache_key: text(settings, 'prompt_cache_key'),
    reasoning: {
      effort,
      summary: null,
      ...members(settings, { context: 'reasoning.context', mode: 'reasoning.mode' }),
    },
    safety_identifier: text(settings, 'safety_identifier'),
    service_tier: 'default',
    store: false,
    temperature: number(settings, 'temperature', 1),
    text: { format: { type: 'text' }, verbosity: text(settings, 'text.verbosity') ?? 'medium' },
    tool_choice: settings.values.get('tool_choice') ?? 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: number(settings, 'top_p', 1),
    presence_penalty: number(settings, 'presence_penalty', 0),
    frequency_penalty: number(settings, 'frequency_penalty', 0),
    truncation: text(settings, 'truncation') ?? 'disabled',
    user: text(settings, 'user'),
    metadata: isObject(metadata) ? metadata : {},
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
