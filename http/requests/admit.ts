/**
 * The last steps that both endpoints share: what is answered at once, parameters, model, tools, format -> an `Admission`. The first thing that cannot be
 * had is a `RequestError`.
 */

import type { Asked } from '../../actors/service.ts';
import { type Demand, noTerms, plainOutput } from '../../actors/terms.ts';
import type { Json, JsonObject, Turn } from '../../actors/turn.ts';
import type { Admission, ModelEntry, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { admitHere } from './admit-here.ts';
import { basedOn } from './base-instructions.ts';
import { boundsOf } from './bounds.ts';
import { echoOf } from './echo.ts';
import { type ChosenEffort, chooseEffort, effectiveEffort } from './effort.ts';
import { formatOf } from './format.ts';
import { guardrailFor } from './guardrail.ts';
import { developerMessage } from './items.ts';
import { bareId } from './models.ts';
import { guardPrompt } from './prompt-guard.ts';
import { readInclude, readSettings, type Settings, settingText } from './settings.ts';
import { wantedId } from './param-values.ts';
import { readTier } from './tier.ts';
import { withTextTools } from './text-tools.ts';
import { asksForTitle, titleModel } from './titles.ts';
import { readToolbox, type Toolbox } from './toolbox.ts';
import { isAbsent, quotable, wellFormed } from './well-formed.ts';

/** First check of all: a request names its model. */
export const requireModel = (body: JsonObject): string => {
  const model = body['model'];
  if (typeof model === 'string' && bareId(model) !== '') return model;
  throw new RequestError('model_required', 'model is required', 'model');
};

/** While it is being made. */
type Made<T> = { -readonly [K in keyof T]: T[K] };

export interface Draft {
  readonly model: string;
  readonly items: readonly JsonObject[];
  /** The field that the items came from, for errors that are about them. */
  readonly from: 'input' | 'messages';
  readonly endpoint: 'chat' | 'responses';
  /** What can be kept of the request; null: nothing is kept here. */
  readonly asked: Asked | null;
  readonly stream: boolean;
}

export function admit(body: JsonObject, draft: Draft, context: RequestContext, readN: (n: Json) => number): Admission {
  const answer = context.intercept?.(draft.items) ?? null;
  if (answer !== null) return admitHere(body, draft, answer, context);
  const settings = readSettings(body, context.params, draft.asked === null);
  const asked = settings.values.get('store') === false ? null : draft.asked;
  const n = settings.values.get('n');
  const choices = n === undefined ? 1 : readN(n);
  const include = readInclude(settings.values.get('include'));
  const toolbox = readToolbox(settings, context.params, draft.items);
  const format = formatOf(settings);
  const isChat = draft.endpoint === 'chat';
  const bounds = boundsOf(settings, context, isChat ? null : context.responsesDefaultMaxTokens || null);
  const named = requireKnown(draft.model, context);
  const instructions = settingText(settings, 'instructions');
  guardPrompt(context.promptTokensMax, draft.items, instructions, draft.from);
  const { model, effort, clampedFrom, isTitle } = chooseModel(settings, named, toolbox, draft, context);
  const { tier, ignored } = readTier(settings, model, context.params);
  const based = isChat && !context.ignoreClientSystemPrompt ? basedOn(instructions, toolbox.history) : null;
  const base = based?.instructions ?? null;
  const guardrail = context.ingressGuardrail ? guardrailFor(toolbox.history) : null;
  // What the model is told comes before the conversation, so that its beginning stays the same from turn to turn.
  const told = [base === null ? instructions : null, toolbox.instruction, format.instruction, guardrail];
  const items = behind(told, based?.items ?? toolbox.history);
  if (items.length === 0) {
    throw new RequestError('invalid_request_error', `${draft.from} holds no content; send some text.`, draft.from);
  }
  const wanted = wantedId(settings.values.get('id'));
  const summary = settingText(settings, 'reasoning.summary');
  const verbosity = settingText(settings, 'text.verbosity');
  const turn: Made<Turn> = { model: model.target, items };
  if (base !== null) turn.baseInstructions = base;
  if (effort !== null) turn.effort = effort;
  if (summary !== null) turn.summary = summary;
  if (verbosity !== null) turn.verbosity = verbosity;
  if (tier !== null) turn.serviceTier = tier;
  if (format.schema !== null) turn.outputSchema = format.schema;
  if (toolbox.offered.length > 0) turn.tools = toolbox.offered;
  if (settings.values.has('parallel_tool_calls')) turn.parallelCalls = bounds.parallel;
  return {
    request: {
      ...(wanted === null ? null : { wantedId: wanted }),
      model: wellFormed(named.id, 'model'),
      echo: echoOf(settings, {
        effort,
        tier,
        toolbox,
        format,
        parallel: bounds.parallel,
        cap: bounds.cap,
        store: asked !== null,
      }),
      turn,
      terms: {
        tools: toolbox.names,
        callIds: toolbox.callIds,
        ...bounds.terms,
        demands: demandsOf(toolbox.demand, format.demand),
        strict: context.params === 'strict',
        output: withTextTools(context.output ?? plainOutput, toolbox),
      },
      inputName: draft.from,
      ...(format.schemaName === null ? null : { schemaName: format.schemaName }),
      streaming: draft.stream,
      revealEncrypted: include.has('reasoning.encrypted_content'),
      asked,
    },
    choices,
    legacyCalls: settings.values.has('functions'),
    includeUsage: settings.values.get('stream_options.include_usage') === true,
    clampedFrom,
    titleModel: isTitle ? model.id : null,
    guarded: guardrail !== null,
    ignoredParams: settings.ignored.concat(ignored, bounds.ignored, toolbox.ignored),
    answeredHere: null,
  };
}

/** Those of what is told that say something, then the conversation. */
function behind(told: readonly (string | null)[], conversation: readonly JsonObject[]): readonly JsonObject[] {
  const texts = told.filter((text) => text !== null && text !== '') as readonly string[];
  return texts.length === 0 ? conversation : [...texts.map(developerMessage), ...conversation];
}

function demandsOf(call: Demand | null, json: Demand | null): readonly Demand[] {
  if (call === null && json === null) return noTerms.demands;
  return [call, json].filter((demand) => demand !== null);
}

/** Who answers, and with which effort. A request for a title is checked like every other one before it is another model's. */
function chooseModel(
  settings: Settings,
  named: ModelEntry,
  toolbox: Toolbox,
  { items }: Draft,
  { titles, models }: RequestContext,
): ChosenEffort & { readonly model: ModelEntry; readonly isTitle: boolean } {
  const chosen = chooseEffort(settings, named);
  if (titles === null || toolbox.offered.length > 0 || !asksForTitle(items)) {
    return { ...chosen, model: named, isTitle: false };
  }
  const model = titleModel(models, titles, named);
  const effort = effectiveEffort(titles.effort, model);
  return { effort, clampedFrom: effort === titles.effort ? null : titles.effort, model, isTitle: true };
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
