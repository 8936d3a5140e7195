/**
 * The tools of a request in the three shapes that are needed: what the worker is offered, how its calls are named for the
 * client, and what the response object echoes.
 */

import type { ClientTool, Demand } from '../../actors/terms.ts';
import type { DynamicTool, Json, JsonObject } from '../../actors/turn.ts';
import type { Settings } from './settings.ts';

export interface Toolbox {
  readonly offered: readonly DynamicTool[];
  /** Name at the worker -> the client's tool. */
  readonly names: ReadonlyMap<string, ClientTool>;
  /** Items of the client's history with the names that the worker knows. */
  readonly rename: (items: readonly JsonObject[]) => readonly JsonObject[];
  readonly echo: { readonly tools: readonly JsonObject[]; readonly choice: Json };
  /** What the model is told because the worker has no field for it. */
  readonly instruction: string | null;
  readonly demand: Demand | null;
  /** Paths of tools that cannot be offered and are tolerated. */
  readonly ignored: readonly string[];
}

export const readToolbox = (settings: Settings): Toolbox => ({
  offered: [],
  names: new Map(),
  rename: (items) => items,
  echo: { tools: [], choice: settings.values.get('tool_choice') ?? 'auto' },
  instruction: null,
  demand: null,
  ignored: [],
});
