/**
 * What a client must have seen. Invariants by their numbers: I-1 exact text, I-2 one end, I-3 nothing behind it, I-5 no words of
 * others, I-7 exact arguments, I-9 the end in time, I-10 the log's own grammar; and an outcome for which there is a cause.
 */

import type { NodeLimits } from '../../actors/node-limits.ts';
import { complaintOf } from './grammar.ts';
import { type Guest, outcomeOf, saidTo } from './guest.ts';
import type { OutcomeName } from './turns.ts';
import { Violation } from './violation.ts';

/** What was going on around the response. */
export interface Circumstances {
  readonly limits: NodeLimits;
  /** When the drain began; null: it has not. */
  readonly drainingAt: number | null;
}

/** Pipes and answers take a moment. */
export const toleranceMs = 250;

const about = (guest: Guest): readonly string[] => [
  guest.handle.id,
  ...(guest.lease === null ? [] : [`worker/${guest.lease.slot}`]),
];
const violate = (guest: Guest, invariant: string, what: string): never => {
  throw new Violation(invariant, `${guest.handle.id} (${guest.plan.kind}): ${what}`, about(guest));
};

/** Whether something was wrong with its process before it ended. */
const wasDisturbed = ({ process, endedAt }: Guest): boolean =>
  process !== null && process.disturbedAt !== null && process.disturbedAt <= (endedAt ?? 0);

/** Whether something around the response explains an outcome that its own script does not. */
const explained = (guest: Guest, outcome: OutcomeName, { limits, drainingAt }: Circumstances): boolean => {
  const { process, lease, leftAt, endedAt } = guest;
  switch (outcome) {
    case 'cancelled':
      return leftAt !== null;
    case 'worker_exited':
      // A process that was well is not ended under its responses.
      return process !== null && process.exit !== null && process.dismissedAt === null;
    // The latter says it of a pool in which a program of another version was the last to try.
    case 'worker_not_ready':
    case 'worker_incompatible':
      return lease === null;
    case 'worker_busy':
      return lease === null || wasDisturbed(guest);
    case 'server_shutting_down':
      return drainingAt !== null && (lease === null || (endedAt ?? 0) >= drainingAt + limits.pool.drainMs);
    case 'worker_request_timeout':
    case 'idle_timeout':
      return wasDisturbed(guest);
    default:
      return false;
  }
};

const judgeOutcome = (guest: Guest, outcome: OutcomeName, circumstances: Circumstances): void => {
  if (guest.plan.outcomes.includes(outcome) || explained(guest, outcome, circumstances)) return;
  // What the model had completed stands, whatever came after.
  if (outcome === 'completed' && guest.plan.calls.length > 0) return;
  violate(guest, 'outcome', `ended as ${outcome}, for no reason; expected ${guest.plan.outcomes.join(' or ')}`);
};

const judgeText = (guest: Guest, outcome: OutcomeName): void => {
  const { plan } = guest;
  const { messages, calls } = saidTo(guest);
  const seen = messages.join('\u0000');
  const truth = plan.messages.join('\u0000');
  const whole = outcome === 'completed' && plan.outcomes.includes('completed');
  if (whole && !wasDisturbed(guest) && calls.length !== plan.calls.length)
    violate(guest, 'I-7', `${calls.length} calls instead of ${plan.calls.length}`);
  for (const [index, call] of calls.entries())
    if (call !== plan.calls[index]) violate(guest, 'I-7', `call ${index} has ${JSON.stringify(call)}`);
  // An empty message stands for an answer without any text.
  const none = plan.messages.length === 0 && messages.length === 1 && seen === '';
  if (whole && seen !== truth && !none)
    violate(guest, 'I-1', `the text is ${JSON.stringify(seen)} instead of ${JSON.stringify(truth)}`);
  if (!truth.startsWith(seen) && !none)
    violate(guest, 'I-1', `the text ${JSON.stringify(seen)} does not begin ${JSON.stringify(truth)}`);
};

/** The time by which it had to end, by each limit that applies. */
const dueTimes = (guest: Guest, { limits, drainingAt }: Circumstances): readonly [string, number][] => {
  const { live, pool } = limits;
  const due: [string, number][] = [['the total limit', guest.openedAt + live.totalMs]];
  if (guest.grantedAt === null) due.push(['the queue limit', guest.requestedAt + live.queueMs]);
  else if (guest.grewAt === null) due.push(['the limit of the first event', guest.grantedAt + live.firstEventMs]);
  else due.push(['the idle limit', guest.grewAt + live.idleMs + live.graceMs]);
  if (guest.leftAt !== null) due.push(['its client, who left', guest.leftAt]);
  const exit = guest.process?.exit ?? null;
  if (exit !== null) due.push(['the exit of its process', exit.at]);
  if (drainingAt !== null) due.push(['the drain', Math.max(drainingAt, guest.openedAt) + pool.drainMs]);
  if (!wasDisturbed(guest)) {
    if (guest.finishedAt !== null) due.push(['the end of its turn', guest.finishedAt]);
    if (guest.sampledAt !== null) due.push(['the end of its sampling', guest.sampledAt + live.graceMs]);
  }
  return due;
};

export const judge = (guest: Guest, circumstances: Circumstances): OutcomeName => {
  const { handle, endedAt } = guest;
  const outcome = outcomeOf(guest);
  if (outcome === null || endedAt === null) return violate(guest, 'I-2', 'it has not ended');
  if (handle.log.length !== guest.length)
    violate(guest, 'I-3', `${handle.log.length - guest.length} entries were written behind the end`);
  const complaint = complaintOf(handle.log);
  if (complaint !== null) violate(guest, 'I-10', complaint);
  judgeText(guest, outcome);
  judgeOutcome(guest, outcome, circumstances);
  const { usage, isEstimate } = handle.log.ending ?? {};
  const isTold = isEstimate !== true && (usage?.outputTokens ?? 0) > 0;
  if (guest.plan.kind === 'text' && outcome === 'completed' && !isTold)
    violate(guest, 'usage', 'the usage that the provider told is lost');
  for (const [limit, at] of dueTimes(guest, circumstances))
    if (endedAt > at + toleranceMs) violate(guest, 'I-9', `ended ${endedAt - at} ms after ${limit}`);
  return outcome;
};
