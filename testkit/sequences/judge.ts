/**
 * What must hold of every session, as complaints: the invariants I-1 to I-10 of the anomaly catalogue, against what the
 * oracle predicts for each script. A worker that died under a response may have cut it short, and a client that left or
 * stalled may have missed the rest; nothing else is excused.
 */

import { contradiction, difference } from './differences.ts';
import { deadly, disturbed, excusesOfUnstarted, losesRequests, losesAcceptance } from './excuses.ts';
import type { Evening, Told } from './play.ts';
import { receive, type Received } from './received.ts';
import { nameMark, nameOf, sessionLimits as limits, slackMs, strayText } from './session.ts';
import { Oracle, type Prediction, type ToolCall } from './truth.ts';
import { validate } from './validate.ts';

/** What the model itself got wrong is passed on as it is. */
const parses = ({ arguments: text }: ToolCall): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
/** What the oracle expects of a scene. */
export const predict = ({ scene, index }: Pick<Told, 'scene' | 'index'>): Prediction => {
  const predicted = new Oracle(scene.answered === undefined).predict(scene.steps);
  const name = (text: string): string => text.replaceAll(nameMark, nameOf(index));
  return {
    ...predicted,
    text: name(predicted.text),
    calls: predicted.calls.map((call) => ({ name: call.name, arguments: name(call.arguments) })),
  };
};

class Trial {
  readonly complaints: string[] = [];
  readonly #evening: Evening;
  readonly #strict: boolean;
  readonly #names: string;

  constructor(evening: Evening, strict: boolean) {
    this.#evening = evening;
    this.#strict = strict;
    this.#names = `${nameOf(0).slice(0, 1)}`;
  }

  #complain(told: Told, invariant: string, text: string): void {
    this.complaints.push(
      `${invariant} response ${told.index} (${told.scene.row ?? 'free'}, ${told.scene.mode}): ${text}`,
    );
  }

  #note(told: Told, problem: readonly [invariant: string, text: string] | null): void {
    if (problem !== null) this.#complain(told, ...problem);
  }

  judge(): readonly string[] {
    const { told, probe, leftovers } = this.#evening;
    const received = told.map((one) => this.#scene(one));
    this.#twins(received);
    for (const leftover of leftovers) this.complaints.push(`I-8 ${leftover}`);
    if (probe === null) this.complaints.push('I-6 no worker became ready again');
    else if (probe !== undefined) this.#later(probe);
    return this.complaints;
  }

  /** I-6. */
  #later(probe: Told): void {
    const later = this.#scene(probe);
    const unserved = probe.startedAt === null && losesRequests(this.#evening);
    const excused = unserved || disturbed(this.#evening, probe);
    if (later?.end !== 'answer' && !excused) this.#complain(probe, 'I-6', `a later request failed: ${later?.code}`);
  }

  #scene(told: Told): Received | null {
    const { client, scene } = told;
    const { socket } = client;
    for (const misuse of socket.misuses) this.#complain(told, 'I-3', misuse);
    for (const failure of client.failures) this.#complain(told, 'I-6', String(failure));
    if (told.endedAt === null) {
      this.#complain(told, 'I-2', 'it has not ended');
      return null;
    }
    const bytes = socket.body;
    this.#strangers(told, bytes);
    let received: Received;
    try {
      received = receive(scene.mode, socket.status, bytes, socket.complete);
      if (this.#strict && socket.complete && received.calls.every(parses)) validate(scene.mode, socket, received);
    } catch (error) {
      this.#complain(told, 'I-2', (error as Error).message);
      return null;
    }
    this.#content(told, received);
    this.#interrupt(told);
    return received;
  }

  /** A turn that does not end by itself is stopped when nobody wants it any more: it would go on, and cost. */
  #interrupt(told: Told): void {
    const { scene, startedAt, endedAt, interruptedAt } = told;
    const exit = this.#evening.serving(told)?.exit ?? null;
    if (startedAt === null || endedAt === null || scene.harm !== undefined || deadly(scene)) return;
    if (scene.steps.some((step) => step.do === 'complete')) return;
    // A process that is dying may have stopped reading long before.
    if (exit !== null && exit.at <= endedAt + 2 * slackMs) return;
    if (interruptedAt === null) this.#complain(told, 'I-8', 'its turn was not interrupted');
    else if (interruptedAt - endedAt > slackMs)
      this.#complain(told, 'I-8', `its turn was interrupted ${interruptedAt - endedAt} ms late`);
  }

  /** I-5: no byte of another thread, and none that belongs to nobody. */
  #strangers(told: Told, bytes: Buffer): void {
    const body = bytes.toString('utf8');
    if (body.includes(strayText)) this.#complain(told, 'I-5', 'it has text that belongs to nobody');
    if (!body.includes(this.#names)) return;
    const stranger = this.#evening.told.find(({ index }) => index !== told.index && body.includes(nameOf(index)));
    if (stranger !== undefined) this.#complain(told, 'I-5', `it has text of response ${stranger.index}`);
  }

  #content(told: Told, received: Received): void {
    const { client, scene, endedAt, leftAt, askedAt, startedAt } = told;
    const { socket } = client;
    const predicted = predict(told);
    const excused = disturbed(this.#evening, told);
    /** Its worker may have died before it had accepted the turn; then a second one has it, or loses it, too. */
    const harmed = excused || scene.harm !== undefined || losesAcceptance(this.#evening, told);
    // A request that is refused again and again never gets to its script.
    const agrees = scene.ends === 'worker_busy' || scene.ends === (predicted.code ?? 'ok');
    if (scene.ends !== undefined && scene.harm === undefined && !agrees)
      this.#complain(told, 'catalogue', `it says ${scene.ends}, the oracle ${predicted.code ?? 'ok'}`);
    if ((endedAt ?? 0) - askedAt > limits.totalMs + slackMs)
      this.#complain(told, 'I-9', 'it outlived its total deadline');
    if (leftAt !== null) {
      if ((endedAt ?? 0) - leftAt > slackMs) this.#complain(told, 'I-9', 'it went on after its client had left');
      this.#note(told, contradiction(received, predicted));
      return;
    }
    if (!socket.complete) {
      const resets = scene.mode === 'cn' && told.endedAt !== null && told.endedAt - askedAt >= limits.silenceMs;
      if (!socket.cut) this.#complain(told, 'I-2', 'its body is neither complete nor reset');
      else if (!told.blocked && !(resets && (predicted.code !== null || harmed || startedAt === null)))
        this.#complain(told, 'I-2', 'it was reset without a reason');
      this.#note(told, contradiction(received, predicted));
      return;
    }
    if (startedAt === null) return this.#unstarted(told, received);
    const problem = difference(told, received, predicted);
    const silent = received.text === '' && received.calls.length === 0;
    const unserved = predicted.retried || (silent && harmed);
    if (unserved && excusesOfUnstarted(this.#evening).includes(received.code ?? '')) return;
    if (problem === null) this.#inTime(told, predicted, excused);
    else if (!excused) this.#note(told, problem);
    else if (received.end === 'failure' && received.code !== 'worker_exited' && received.code !== predicted.code)
      this.#complain(told, 'I-4', `its worker died, and it says ${received.code}`);
    else this.#note(told, contradiction(received, predicted));
  }

  /** Nothing was sampled: only what happened to workers and requests can explain that. */
  #unstarted(told: Told, received: Received): void {
    if (!excusesOfUnstarted(this.#evening).includes(received.code ?? ''))
      this.#complain(told, 'I-6', `no turn was started, and it says ${received.code ?? received.end}`);
  }

  /** I-9. */
  #inTime(told: Told, predicted: Prediction, excused: boolean): void {
    const { startedAt, endedAt, client, blocked } = told;
    if (startedAt === null || endedAt === null || excused) return;
    const lateMs = endedAt - startedAt - predicted.endsMs;
    if (lateMs > slackMs) this.#complain(told, 'I-9', `it ended ${lateMs} ms too late`);
    // A failed sign-in is explained first, with a device code if there is one.
    const toldMs = predicted.code === 'invalid_api_key' ? 5_000 : 0;
    if (!blocked && client.overAt !== null && client.overAt - endedAt > toldMs)
      this.#complain(told, 'I-9', `its client was told ${client.overAt - endedAt} ms late`);
  }

  /** I-4 without the oracle: the same script in several modes. */
  #twins(received: readonly (Received | null)[]): void {
    const { told } = this.#evening;
    const essence = ({ text, calls, finish, code }: Received, index: number): string =>
      JSON.stringify({ finish, code, ...(code === null ? { text, calls } : {}) }).replaceAll(nameOf(index), nameMark);
    const clean = told.filter(
      (one) =>
        one.leftAt === null &&
        one.client.socket.complete &&
        one.startedAt !== null &&
        !disturbed(this.#evening, one) &&
        !losesAcceptance(this.#evening, one),
    );
    for (const one of clean) {
      const twin = clean.find((other) => other.index < one.index && other.scene.steps === one.scene.steps);
      const [a, b] = [received[one.index], twin === undefined ? null : received[twin.index]];
      if (a === null || a === undefined || b === null || b === undefined || twin === undefined) continue;
      if (essence(a, one.index) !== essence(b, twin.index))
        this.#complain(one, 'I-4', `it differs from response ${twin.index}, whose script is the same`);
    }
  }
}

/** `strict`: each whole body also passes the validators of the wire formats. Empty: all holds. */
export const judge = (evening: Evening, strict: boolean): readonly string[] => new Trial(evening, strict).judge();
