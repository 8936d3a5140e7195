/**
 * Clients that ask one question after the other, whatever happens to the answers. Invariant: each question is recorded with
 * exactly one outcome, and what a validator does not accept is recorded as a violation, never swallowed.
 */

import { bodyOf, post, refused, streamed, whole } from '../answers.ts';
import type { Gateway } from '../gateway.ts';
import type { StreamClient } from '../stream-client.ts';
import type { Pace } from './pace.ts';
import { assertOwn, firstWords, type Question, type Questions, verdict } from './question.ts';

export interface Ended {
  readonly question: Question;
  /** `left` by its client, `violation`, or what `verdict` says. */
  readonly outcome: string;
}

/** Resolves with the outcome; rejects when the answer was none that a client should get. */
export type Ask = (question: Question) => Promise<string>;

export interface CrowdOptions {
  readonly clients: number;
  readonly questions: Questions;
  readonly pace: Pace;
  readonly ask: Ask;
}

export class Crowd {
  readonly ended: Ended[] = [];
  readonly violations: string[] = [];
  readonly #options: CrowdOptions;
  readonly #clients: readonly Promise<void>[];
  #stopped = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, () => this.#client());
  }

  /** Every client ends what it has begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.pace.close();
    await Promise.all(this.#clients);
  }

  async #client(): Promise<void> {
    const { questions, pace, ask } = this.#options;
    while (!this.#stopped) {
      const question = questions.next();
      try {
        this.ended.push({ question, outcome: await ask(question) });
      } catch (error) {
        this.ended.push({ question, outcome: 'violation' });
        const { number, dialect, streaming, sdk, manner, trouble } = question;
        const told = JSON.stringify({ number, dialect, streaming, sdk, manner, trouble });
        this.violations.push(`${told}: ${String(error)}`);
      }
      pace.tick();
    }
  }
}

/** Reads nothing for a while, unless the answer is over already. */
async function pausing(client: StreamClient, pace: Pace): Promise<void> {
  await client.head;
  client.pause();
  await pace.after(2);
  client.resume();
}

/** Asks over a bare connection: the validators see every byte. */
export const askRaw =
  (gateway: Gateway, pace: Pace): Ask =>
  async (question) => {
    const { dialect, streaming, manner, prompt } = question;
    const client = post(gateway, dialect, bodyOf(dialect, prompt, streaming ? { stream: true } : {}));
    if (manner === 'pauses') {
      await pausing(client, pace);
    } else if (manner === 'leaves') {
      // The answer may be over before: then it counts as any other.
      await (streaming ? client.until(firstWords(question)).catch(() => undefined) : pace.after(1));
      client.leave();
    }
    const answer = await client.done;
    assertOwn(question, answer.text);
    if (manner === 'leaves' && !answer.complete) return 'left';
    if (answer.status !== 200) return refused(answer).code;
    return verdict(question, (streaming ? streamed : whole)(dialect, answer));
  };
