/** The events of an SSE body. Invariant: an event that is not complete yet is not there yet. */

import { at } from './wire.ts';

export interface ServerEvent {
  readonly data: string;
  readonly json: unknown;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export function eventsOf(text: string): readonly ServerEvent[] {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const lines = block.split('\n').filter((line) => line.startsWith('data:'));
    if (lines.length === 0) return [];
    const data = lines.map((line) => line.slice('data:'.length).replace(/^ /u, '')).join('\n');
    return [{ data, json: parsed(data) }];
  });
}

/** The choices of all chunks of a chat stream, in order. */
export const choicesOf = (events: readonly ServerEvent[]): readonly unknown[] =>
  events.flatMap(({ json }) => {
    const choices = at(json, 'choices');
    return Array.isArray(choices) ? (choices as unknown[]) : [];
  });

export const isDone = (events: readonly ServerEvent[]): boolean => events.at(-1)?.data === '[DONE]';

/** What a stream says went wrong in its middle. */
export function errorIn(events: readonly ServerEvent[]): string | undefined {
  for (const { json } of events) {
    const error = at(json, 'error') ?? at(json, 'response', 'error');
    if (error === undefined || error === null) continue;
    const said = at(error, 'message') ?? at(error, 'code');
    return typeof said === 'string' ? said : 'an error';
  }
  return undefined;
}
