/**
 * The phrases that misdeeds are made of. Invariant: `n`, `text`, `chunks`, `size` and `delay` mean what they mean to the fake
 * model provider.
 */
import type { Params } from '../provider/params.ts';
import { pieces, take } from '../provider/pieces.ts';
import type { JsonObject } from './lines.ts';
import type { Script, Step } from './script.ts';
import { usageDefault } from './usage.ts';

export type Misdeed = (params: Params) => Script;

export const usage = usageDefault;
export const close: Step = { do: 'close' };
export const end: readonly Step[] = [
  { do: 'sampled', usage },
  { do: 'settle' },
  { do: 'complete', status: 'completed' },
];
export const hang: Step = { do: 'hang' };

/** `delay` ms behind each of them. */
export const deltas = (params: Params, n = 4): Step[] => {
  const ms = params.int('delay') ?? 0;
  const texts = take(
    pieces(params, () => 0),
    params.int('n') ?? n,
  );
  return [...texts].flatMap((text): Step[] => [
    { do: 'delta', text },
    ...(ms > 0 ? [{ do: 'sleep', ms } as const] : []),
  ]);
};
export const message = (params: Params, n?: number): Step[] => [{ do: 'open' }, ...deltas(params, n), close];
export const literal = (...texts: readonly string[]): Step[] => texts.map((text) => ({ do: 'delta', text }));
export const script = (...steps: readonly Step[]): Script => ({ steps });

export const note = (method: string, params: JsonObject, scope: 'turn' | 'thread' | 'none' = 'none'): Step => ({
  do: 'notify',
  method,
  params,
  scope,
});
