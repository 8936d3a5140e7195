// What a scenario tells the player to do. A scenario is a lazy generator of steps: it holds no socket and no timer, so
// its whole behaviour can be listed in a unit test, and endless ones cost nothing until they are played.

import type { Sampling, SseEvent } from './events.ts';
import type { Params } from './params.ts';
import type { ModelRequest } from './request.ts';

export type Headers = Readonly<Record<string, string>>;

export type Step =
  | { readonly step: 'answer'; readonly status: number; readonly headers: Headers; readonly body: unknown }
  | { readonly step: 'headers'; readonly headers: Headers }
  | { readonly step: 'event'; readonly event: SseEvent }
  | { readonly step: 'raw'; readonly text: string }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'barrier'; readonly name: string; readonly of: number | undefined }
  | { readonly step: 'break'; readonly how: 'fin' | 'rst' }
  | { readonly step: 'hang' };

/** What a scenario may look at. Ends of the generator without `break` or `hang` finish the HTTP response properly. */
export type Scene = {
  readonly request: ModelRequest;
  readonly params: Params;
  readonly sampling: Sampling;
  readonly nowUs: () => number;
};

export type Scenario = (scene: Scene) => Iterable<Step>;

export function event(value: SseEvent): Step {
  return { step: 'event', event: value };
}

export function wait(ms: number | undefined): readonly Step[] {
  return ms === undefined || ms === 0 ? [] : [{ step: 'wait', ms }];
}

export function barrier(params: Params, name: 'hold' | 'barrier'): readonly Step[] {
  const label = params.text(name);
  return label === undefined ? [] : [{ step: 'barrier', name: label, of: params.int('of') }];
}

export function sseText(value: SseEvent): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}
