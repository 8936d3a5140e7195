/** The output format of a request: what the worker is told, what the model is told, and what the response object echoes. */

import type { Demand } from '../../actors/terms.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Settings } from './settings.ts';

export interface Format {
  readonly echo: JsonObject;
  /** For the worker. */
  readonly schema: JsonObject | null;
  /** What the model is told because the worker has no field for it. */
  readonly instruction: string | null;
  readonly demand: Demand | null;
}

export const formatOf = (_settings: Settings): Format => ({
  echo: { type: 'text' },
  schema: null,
  instruction: null,
  demand: null,
});
