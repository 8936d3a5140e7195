/**
 * What must hold of every session, as complaints: the invariants I-1 to I-10 of the anomaly catalogue, against what the
 * oracle predicts for each script. A worker that died under a response may have cut it short, and a client that left or
 * stalled may have missed the rest; nothing else is excused.
 */

import { isStream } from '../world/modes.ts';
import { statusOf } from './errors.ts';
import type { Evening, Told } from './play.ts';
import { receive, type Received } from './received.ts';
import { nameMark, nameOf, type Scene, sessionLimits as limits, strayText } from './session.ts';
import { Oracle, type Prediction, type Tokens, type ToolCall } from './truth.ts';
import { validate } from './validate.ts';

/** Beside its deadline: pipes, and the grain of the reports that output goes on. */
const slackMs = 250;

const tokens = ({ input, output, cached, reasoning }: Tokens): Tokens => ({ input, output, cached, reasoning });
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
/** What the model itself got wrong is passed on as it is. */
const parses = ({ arguments: text }: ToolCall): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 40)}…(${text.length})` : text);

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

/** What else came in the chunk of a line that is too long is lost with it. */
const overlong = ({ steps }: Scene): boolean =>
  steps.some((step) => step.do === 'line' && step.text.length > limits.lineBytesMax);
const deadly = (scene: Scene): boolean =>
  scene.harm !== undefined ||
  overlong(scene) ||
  scene.steps.some((step) => step.do === 'exit' || step.do === 'closeStdout');

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
    const refused = this.#evening.session.processes.some(({ rules = [] }) => rules.some(({ times }) => times > 5));
    const excused = this.#disturbed(probe) || (refused && later?.code === 'worker_busy');
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
    if (scene.steps.some((step) => step.do === 'complete') || (exit !== null && exit.at <= endedAt + slackMs)) return;
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
    const disturbed = this.#disturbed(told);
    if (
      scene.ends !== undefined &&
      scene.harm === undefined &&
      (predicted.code ?? 'ok') !== this.#catalogue(scene.ends)
    )
      this.#complain(told, 'catalogue', `it says ${scene.ends}, the oracle ${predicted.code ?? 'ok'}`);
    if ((endedAt ?? 0) - askedAt > limits.totalMs + slackMs)
      this.#complain(told, 'I-9', 'it outlived its total deadline');
    if (leftAt !== null) {
      if ((endedAt ?? 0) - leftAt > slackMs) this.#complain(told, 'I-9', 'it went on after its client had left');
      this.#prefix(told, received, predicted);
      return;
    }
    if (!socket.complete) {
      const resets = scene.mode === 'cn' && told.endedAt !== null && told.endedAt - askedAt >= limits.silenceMs;
      if (!socket.cut) this.#complain(told, 'I-2', 'its body is neither complete nor reset');
      else if (!told.blocked && !(resets && (predicted.code !== null || disturbed || startedAt === null)))
        this.#complain(told, 'I-2', 'it was reset without a reason');
      this.#prefix(told, received, predicted);
      return;
    }
    if (startedAt === null) return this.#unstarted(told, received);
    const problem = this.#differs(told, received, predicted);
    if (problem === null) this.#inTime(told, predicted, disturbed);
    else if (!disturbed) this.#complain(told, problem[0], problem[1]);
    else if (received.end === 'failure' && received.code !== 'worker_exited' && received.code !== predicted.code)
      this.#complain(told, 'I-4', `its worker died, and it says ${received.code}`);
    else this.#prefix(told, received, predicted);
  }

  /** The words of a row about a request that is refused need not be those of its script. */
  #catalogue(ends: string): string {
    return ends === 'worker_busy' ? 'ok' : ends;
  }

  /** Its worker died, or was dying, while it was served, and it was not its own script that says when. */
  #disturbed(told: Told): boolean {
    const { session, serving } = this.#evening;
    const process = serving(told);
    const exit = process?.exit ?? null;
    if (exit === null || told.endedAt === null || exit.at > told.endedAt + slackMs) return false;
    if (overlong(told.scene) || told.scene.harm !== undefined) return true;
    if (session.processes.some(({ livesMs }) => livesMs !== undefined)) return true;
    return this.#evening.told.some((other) => other !== told && deadly(other.scene) && serving(other) === process);
  }

  /** Nothing was sampled: only what happened to workers and requests can explain that. */
  #unstarted(told: Told, received: Received): void {
    const { session, deaths } = this.#evening;
    const { workers, turnsPerWorkerMax, scenes, processes } = session;
    const codes = ['worker_not_ready', 'worker_busy', 'worker_exited', 'worker_request_timeout', 'idle_timeout'];
    if (received.end !== 'failure' || !codes.includes(received.code ?? ''))
      this.#complain(told, 'I-4', `no turn, and it says ${received.code ?? received.end}`);
    const crowded = scenes.length > workers * turnsPerWorkerMax;
    if (!crowded && deaths === 0 && processes.length === 0)
      this.#complain(told, 'I-6', `no turn was started: ${received.code}`);
  }

  #differs(told: Told, received: Received, predicted: Prediction): readonly [string, string] | null {
    const { scene, client, askedAt, startedAt, endedAt } = told;
    const { socket } = client;
    if ((received.end === 'answer') !== (predicted.code === null) || received.code !== predicted.code)
      return ['I-4', `it says ${received.code ?? received.end} instead of ${predicted.code ?? 'an answer'}`];
    const streamed = socket.status === 200 && isStream(scene.mode);
    if (predicted.code === null || streamed) {
      if (received.text !== predicted.text)
        return ['I-1', `${short(JSON.stringify(received.text))} instead of ${short(JSON.stringify(predicted.text))}`];
      if (!same(received.calls, predicted.calls))
        return [
          'I-7',
          `calls ${short(JSON.stringify(received.calls))} instead of ${short(JSON.stringify(predicted.calls))}`,
        ];
    }
    if (predicted.code === null) {
      if (received.finish !== predicted.finish)
        return ['I-4', `finish ${received.finish} instead of ${predicted.finish}`];
      const asked = scene.mode !== 'cs' || scene.includeUsage;
      if (!same(received.usage, asked && predicted.usage !== null ? tokens(predicted.usage) : null))
        return ['I-4', `usage ${JSON.stringify(received.usage)} instead of ${JSON.stringify(predicted.usage)}`];
    } else if (socket.status === 200) {
      const silentMs = isStream(scene.mode)
        ? (endedAt ?? 0) - (startedAt ?? 0) - limits.headMs
        : (endedAt ?? 0) - askedAt - limits.silenceMs;
      const early = predicted.saidMs === null && silentMs < -slackMs;
      if (early) return ['I-4', 'it failed before anything was said, and that was no HTTP status'];
    } else {
      if (isStream(scene.mode) && predicted.saidMs !== null && predicted.endsMs - predicted.saidMs > slackMs)
        return ['I-4', `status ${socket.status} after something was said`];
      if (socket.status !== statusOf[predicted.code])
        return ['I-4', `status ${socket.status} for ${predicted.code} instead of ${statusOf[predicted.code]}`];
    }
    if (scene.mode === 'rs' && streamed && received.events !== told.handle.log.length)
      return ['I-10', `${received.events} events of a log of ${told.handle.log.length}`];
    return null;
  }

  /** I-9. */
  #inTime(told: Told, predicted: Prediction, disturbed: boolean): void {
    const { startedAt, endedAt, client, blocked } = told;
    if (startedAt === null || endedAt === null || disturbed) return;
    const lateMs = endedAt - startedAt - predicted.endsMs;
    if (lateMs > slackMs) this.#complain(told, 'I-9', `it ended ${lateMs} ms too late`);
    // A failed sign-in is explained first, with a device code if there is one.
    const toldMs = predicted.code === 'invalid_api_key' ? 5_000 : 0;
    if (!blocked && client.overAt !== null && client.overAt - endedAt > toldMs)
      this.#complain(told, 'I-9', `its client was told ${client.overAt - endedAt} ms late`);
  }

  #prefix(told: Told, received: Received, predicted: Prediction): void {
    const { text, calls } = received;
    if (!predicted.text.startsWith(text.replace(/\ufffd$/u, '')))
      this.#complain(
        told,
        'I-1',
        `${short(JSON.stringify(text))} is no beginning of ${short(JSON.stringify(predicted.text))}`,
      );
    for (const [index, call] of calls.entries()) {
      const whole = predicted.calls[index];
      if (whole?.name !== call.name || !whole.arguments.startsWith(call.arguments))
        this.#complain(told, 'I-7', `call ${JSON.stringify(call)} was never made`);
    }
  }

  /** I-4 without the oracle: the same script in several modes. */
  #twins(received: readonly (Received | null)[]): void {
    const { told } = this.#evening;
    const essence = ({ text, calls, finish, code }: Received, index: number): string =>
      JSON.stringify({ finish, code, ...(code === null ? { text, calls } : {}) }).replaceAll(nameOf(index), nameMark);
    const clean = told.filter(
      (one) => one.leftAt === null && one.client.socket.complete && one.startedAt !== null && !this.#disturbed(one),
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
