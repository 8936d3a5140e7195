/** How often each event of the Responses stream stands in a log: counted once, from the log, when its reader is done. */

import type { ResponseLog } from '../actors/log.ts';
import type { Ending, PartKind, Step } from '../actors/log-entry.ts';

const textEvents: Readonly<Record<PartKind, string>> = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  summary: 'response.reasoning_summary_text',
  arguments: 'response.function_call_arguments',
  input: 'response.custom_tool_call_input',
};
const partEvent = (kind: PartKind): string =>
  kind === 'summary' ? 'response.reasoning_summary_part' : 'response.content_part';

const ends = ['response.completed', 'response.incomplete', 'response.failed'] as const;
const plain = {
  created: 'response.created',
  queued: 'response.queued',
  in_progress: 'response.in_progress',
  error: 'error',
  'item.added': 'response.output_item.added',
  'item.done': 'response.output_item.done',
  'annotation.added': 'response.output_text.annotation.added',
} as const;

/** All that there are. */
export const eventNames: readonly string[] = [
  ...Object.values(plain),
  ...Object.values(textEvents).flatMap((event) => [`${event}.delta`, `${event}.done`]),
  ...['text', 'summary'].flatMap((kind) => [
    `${partEvent(kind as PartKind)}.added`,
    `${partEvent(kind as PartKind)}.done`,
  ]),
  ...ends,
];

const endEvent = (ending: Ending | null): string => {
  const type = ending?.outcome.type;
  return type === 'completed' || type === 'incomplete' ? `response.${type}` : 'response.failed';
};

const eventOf = (step: Step, log: ResponseLog): string => {
  switch (step.type) {
    case 'delta':
      return `${textEvents[step.part.kind]}.delta`;
    case 'text.done':
      return `${textEvents[step.part.kind]}.done`;
    case 'part.added':
      return `${partEvent(step.part.kind)}.added`;
    case 'part.done':
      return `${partEvent(step.part.kind)}.done`;
    case 'closed':
      return endEvent(log.ending);
    default:
      return plain[step.type];
  }
};

export function eventCensus(log: ResponseLog): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (event: string, times: number): void => void counts.set(event, (counts.get(event) ?? 0) + times);
  for (let first = 0; first < log.length; ) {
    const part = log.deltaPart(first);
    let next = first + 1;
    // Nearly all entries of an answer are deltas.
    if (part >= 0) while (log.deltaPart(next) === part) next += 1;
    count(eventOf(log.step(first), log), next - first);
    first = next;
  }
  return counts;
}
