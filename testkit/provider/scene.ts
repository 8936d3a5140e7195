// A scene without a server: what a scenario does for a request, as a finite list of steps. For unit tests and tables.

import { Sampling } from './events.ts';
import type { SseEvent } from './events.ts';
import { type ModelRequest, readModelRequest } from './request.ts';
import { parseSpec } from './scenario.ts';
import { scenarioNamed } from './scenarios.ts';
import type { Scene, Step } from './steps.ts';

export function userMessage(text: string): Record<string, unknown> {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

export function requestOf(body: Record<string, unknown>): ModelRequest {
  return readModelRequest({ model: 'demo', input: [userMessage('hi')], ...body });
}

export function stepsOf(spec: string, body: Record<string, unknown> = {}): readonly Step[] {
  const { name, params } = parseSpec(spec);
  const request = requestOf(body);
  let clockUs = 1_000_000;
  const nowUs = (): number => clockUs++;
  const scene: Scene = { request, params, sampling: new Sampling(1, request, params), nowUs };
  return [...scenarioNamed(name)(scene)];
}

export function eventsOf(spec: string, body: Record<string, unknown> = {}): readonly SseEvent[] {
  return stepsOf(spec, body).flatMap((step) => (step.step === 'event' ? [step.event] : []));
}

/** The text a client would assemble from the deltas. */
export function textOf(events: readonly SseEvent[]): string {
  return events.flatMap((one) => (one.type === 'response.output_text.delta' ? [String(one['delta'])] : [])).join('');
}
