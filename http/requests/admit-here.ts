/**
 * A request that the gateway answers by itself: its model is echoed, known or not, and its parameters are not looked at, because
 * nothing will be done with them.
 */

import type { JsonObject } from '../../actors/turn.ts';
import { noTerms } from '../../actors/terms.ts';
import type { Admission, RequestContext } from '../admission.ts';
import type { LocalAnswer } from '../local-answer.ts';
import type { Soon } from '../soon.ts';
import type { Draft } from './admit.ts';
import { echoOf } from './echo.ts';
import { formatOf } from './format.ts';
import { readSettings } from './settings.ts';
import { readToolbox } from './toolbox.ts';
import { isObject, quotable } from './well-formed.ts';

const wantsUsage = ({ include_usage: wanted, stream_options: options }: JsonObject): boolean =>
  wanted === true || (isObject(options) && options['include_usage'] === true);

export function admitHere(
  body: JsonObject,
  draft: Draft,
  answer: Soon<LocalAnswer>,
  context: RequestContext,
): Admission {
  const { params, models, parallelToolCalls: parallel } = context;
  const settings = readSettings({}, params, true);
  const toolbox = readToolbox(settings, params, []);
  const format = formatOf(settings);
  const model = models.find(draft.model)?.id ?? quotable(draft.model.trim());
  return {
    request: {
      model,
      echo: echoOf(settings, { effort: null, tier: null, toolbox, format, parallel, cap: null, store: false }),
      turn: { model, items: [] },
      terms: noTerms,
      inputName: draft.from,
      streaming: draft.stream,
      revealEncrypted: false,
      asked: null,
    },
    choices: 1,
    legacyCalls: false,
    includeUsage: wantsUsage(body),
    clampedFrom: null,
    titleModel: null,
    guarded: false,
    ignoredParams: [],
    answeredHere: answer,
  };
}
