/**
 * How the failures of one answer are told, wherever they are told: as an HTTP error, in a frame of a stream, or in a body that had
 * begun. Invariant: all three say the same. What helps against a missing sign-in is asked for once, when it is needed.
 */

import type { Service, SignIn } from '../actors/service.ts';
import type { Failure, FailureCode } from '../machines/outcome.ts';
import { describe, describeRequestError, type ErrorAnswer } from './catalogue.ts';
import { RequestError } from './request-error.ts';
import type { RequestHead } from './request-head.ts';
import { type LoginDisclosure, withSignIn } from './sign-in.ts';

export type Describe = (failure: Failure) => ErrorAnswer;

/** What ends a request for a title as it would end any other one: nobody has begun to answer it, or nobody may. */
const untitled: ReadonlySet<FailureCode> = new Set([
  'worker_busy',
  'worker_not_ready',
  'worker_incompatible',
  'server_shutting_down',
  'response_cancelled',
  'signed_out',
  'provider_key_refused',
]);

export interface WordingOptions {
  readonly service: Pick<Service, 'signIn'>;
  readonly head: RequestHead;
  readonly login: LoginDisclosure;
  /** The answer is a title, of another model than the one that was asked. */
  readonly isTitle: boolean;
}

export class Wording {
  readonly #options: WordingOptions;
  #state: SignIn | 'asked' | null = null;

  constructor(options: WordingOptions) {
    this.#options = options;
  }

  readonly describe: Describe = (failure) => {
    const { head, login, isTitle } = this.#options;
    if (isTitle && !untitled.has(failure.code)) return describeRequestError(titleFailed);
    const described = describe(failure);
    if (failure.code !== 'signed_out' || this.#state === null || this.#state === 'asked') return described;
    return withSignIn(described, this.#state, head, login);
  };

  /** False: not all is known that can be said of it; `then` is called, once for all calls, when it is. */
  ready(failure: Failure, then: () => void): boolean {
    if (failure.code !== 'signed_out') return true;
    if (this.#state !== null) return this.#state !== 'asked';
    this.#state = 'asked';
    const told = (state: SignIn): void => {
      this.#state = state;
      then();
    };
    this.#options.service.signIn().then(told, () => told({ state: 'unknown' }));
    return false;
  }
}

const titleFailed = new RequestError('title_failed', 'title/summary exec failed');
