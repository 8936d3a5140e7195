/** What may keep a response from what its script says: the death of its worker, and workers that cannot serve. */

import type { Evening, Told } from './play.ts';
import { type Scene, sessionLimits as limits, slackMs } from './session.ts';

/** What else came in the chunk of a line that is too long is lost with it. */
export const overlong = ({ steps }: Scene): boolean =>
  steps.some((step) => step.do === 'line' && step.text.length > limits.lineBytesMax);
/** It ends the process that serves it. */
export const deadly = (scene: Scene): boolean =>
  scene.harm !== undefined ||
  overlong(scene) ||
  scene.steps.some((step) => step.do === 'exit' || step.do === 'closeStdout');

/** Its worker died, or was dying, while it was served, and it was not its own script that says when. */
export const disturbed = ({ session, serving, told: all }: Evening, told: Told): boolean => {
  const process = serving(told);
  if (process === undefined) return false;
  const { exit } = process;
  if (exit === null || told.endedAt === null || exit.at > told.endedAt + slackMs) return false;
  if (overlong(told.scene) || told.scene.harm !== undefined) return true;
  if (session.processes.some(({ livesMs }) => livesMs !== undefined)) return true;
  return all.some((other) => other !== told && deadly(other.scene) && other.players.includes(process));
};

/**
 * Half a line swallows the next one, which out of order may be the answer to `turn/start`, or to the conversation that was sent with it:
 * then nobody accepted the turn.
 */
export const losesAcceptance = ({ session }: Evening, { scene }: Told): boolean =>
  session.reorder && scene.steps.some((step) => step.do === 'half');

/** A worker that leaves a request unanswered meets whoever comes next. */
export const losesRequests = (evening: Evening): boolean =>
  refusesForEver(evening) ||
  evening.session.processes.some(({ rules = [] }) => rules.some(({ act }) => act === 'ignore'));

/** Requests that no number of attempts gets through. */
const refusesForEver = ({ session }: Evening): boolean =>
  session.processes.some(({ rules = [] }) => rules.some(({ times }) => times > 1_000));

/** A process that answers to the handshake without a version is one that nothing can be done with. */
const isStranger = ({ session }: Evening): boolean =>
  session.processes.some(({ greeting = [] }) => greeting.some((line) => line.includes('"result":{}')));

/** How a response may end whose turn was never started; none: nothing explains that. */
export const excusesOfUnstarted = (evening: Evening): readonly string[] => {
  const { session, deaths } = evening;
  const { workers, turnsPerWorkerMax, scenes, processes } = session;
  const crowded = scenes.length > workers * turnsPerWorkerMax;
  const dying = deaths > 0 ? ['worker_exited', 'worker_not_ready'] : [];
  if (refusesForEver(evening)) return ['worker_busy', ...dying];
  const strange = isStranger(evening) ? ['worker_incompatible'] : [];
  if (processes.length > 0 || deaths > 0)
    return ['worker_not_ready', 'worker_busy', 'worker_exited', 'worker_request_timeout', 'idle_timeout', ...strange];
  return crowded ? ['worker_busy'] : [];
};
