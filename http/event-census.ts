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

/** The names with `end` behind them: put together once, not for each event. */
const ended = (of: (kind: PartKind) => string, end: string): Readonly<Record<PartKind, string>> => {
  const named = (kind: PartKind): string => `${of(kind)}.${end}`;
  return {
    text: named('text'),
    refusal: named('refusal'),
    summary: named('summary'),
    arguments: named('arguments'),
    input: named('input'),
  };
};
const deltaEvents = ended((kind) => textEvents[kind], 'delta');
const doneEvents = ended((kind) => textEvents[kind], 'done');
const partAdded = ended(partEvent, 'added');
const partDone = ended(partEvent, 'done');

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
  ...Object.values(deltaEvents),
  ...Object.values(doneEvents),
  ...new Set([...Object.values(partAdded), ...Object.values(partDone)]),
  ...ends,
];

const endEvent = (ending: Ending | null): string => {
  const type = ending?.outcome.type;
  if (type === 'completed') return 'response.completed';
  return type === 'incomplete' ? 'response.incomplete' : 'response.failed';
};

const eventOf = (step: Step, log: ResponseLog): string => {
  switch (step.type) {
    case 'delta':
      return deltaEvents[step.part.kind];
    case 'text.done':
      return doneEvents[step.part.kind];
    case 'part.added':
      return partAdded[step.part.kind];
    case 'part.done':
      return partDone[step.part.kind];
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
