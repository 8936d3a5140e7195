/**
 * The edge of the login cell: it answers requests that need to know whether somebody is signed in. Invariant: every question
 * is answered within `offerMs`, and those that wait together share one attempt to sign in.
 */

import type { Slot } from '../machines/ids.ts';
import { type LoginContext, type LoginLimits, loginMachine } from '../machines/login.ts';
import type { Command, LoginEvent } from '../machines/protocol.ts';
import type { Cell } from './cell.ts';
import type { Clock } from './seams.ts';
import type { LoginState, SignIn } from './service.ts';
import type { System } from './system.ts';

/** Several nodes have the same home, and so the same account. */
export interface SharedLogin {
  /** This one may ask the CLI for a device code. */
  readonly held: () => boolean;
  /** Nobody was signed in here, and somebody is now. */
  readonly signedIn: () => void;
  /** `look` is to be called when somebody was signed in elsewhere. */
  readonly onSignedIn: (look: () => void) => void;
}

export interface LoginDeskOptions {
  readonly system: System;
  readonly limits: LoginLimits;
  readonly clock: Clock;
  /** A process is running that has yet to tell whose account it has. */
  readonly expectant: () => boolean;
  /** Sends `login.start` to a running worker; false: there is none. */
  readonly start: () => boolean;
  readonly read: (slot: Slot) => void;
  /** If somebody has changed the credentials, has a worker replaced that will see them. True: that was begun. */
  readonly renew: () => boolean;
  /** Null: nobody else has the same home. */
  readonly shared: SharedLogin | null;
  readonly bug: (error: Error) => void;
}

interface LoginSnapshot {
  readonly value: string;
  readonly context: LoginContext;
}

interface Question {
  /** A device code was asked for on its behalf. */
  wanted: boolean;
  readonly answer: (answer: SignIn) => void;
}

export class LoginDesk {
  readonly #options: LoginDeskOptions;
  readonly #cell: Cell;
  readonly #questions = new Set<Question>();
  /** A worker has said what it knows of the account, be it nothing. */
  #told = false;
  /** A worker that will see other credentials is on its way; calling it ends the wait for its word. */
  #renewing: (() => void) | null = null;
  #renewedAt = -Infinity;
  /** It was known that nobody is signed in. */
  #out = false;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
    this.#cell = options.system.spawn('login', {
      machine: loginMachine,
      input: { limits: options.limits },
      edge: (command) => this.#act(command),
      failed: options.bug,
    });
    this.#cell.watch(() => {
      this.look();
      this.#notice();
    });
    options.shared?.onSignedIn(() => this.credentialsChanged());
  }

  get state(): LoginState {
    const { value } = this.#snapshot();
    if (value === 'signedIn') return 'signed_in';
    if (value === 'offering' || value === 'pending') return 'pending';
    return value === 'unknown' ? 'unknown' : 'signed_out';
  }

  /** Somebody says that the credentials are others now. */
  credentialsChanged(): void {
    this.#renew();
    this.look();
  }

  hear(event: LoginEvent): void {
    if (event.type === 'account.observed') {
      this.#told = true;
      this.#renewed();
    }
    this.#options.system.tell({ to: 'login', event });
  }

  /** A worker has asked for the account in vain. */
  hearNothing(): void {
    this.#told = true;
    this.#renewed();
    this.look();
  }

  signIn(): Promise<SignIn> {
    if (this.#snapshot().value === 'signedIn') return Promise.resolve({ state: 'signedIn' });
    const { clock, limits } = this.#options;
    this.#renew();
    return new Promise((resolve) => {
      const question: Question = {
        wanted: false,
        answer: (answer) => {
          cancel();
          this.#questions.delete(question);
          resolve(answer);
        },
      };
      const cancel = clock.schedule(limits.offerMs, () => question.answer(this.#answer()));
      this.#questions.add(question);
      this.look();
    });
  }

  /** Answers the questions that can be answered now. */
  look(): void {
    if (this.#questions.size === 0 || this.#pending()) return;
    const unwanted = [...this.#questions].filter((question) => !question.wanted);
    if (this.#snapshot().value === 'signedOut' && unwanted.length > 0) {
      for (const question of unwanted) question.wanted = true;
      this.hear({ type: 'login.wanted' });
      return;
    }
    for (const question of [...this.#questions]) question.answer(this.#answer());
  }

  #notice(): void {
    const { value } = this.#snapshot();
    const wasOut = this.#out;
    this.#out = value === 'signedOut' || value === 'offering' || value === 'pending';
    if (wasOut && value === 'signedIn') this.#options.shared?.signedIn();
  }

  /** Nobody is signed in as far as the workers know, who do not look at what an operator does. */
  #renew(): void {
    const { clock, limits, renew } = this.#options;
    const { value } = this.#snapshot();
    const isOpen = value === 'signedOut' || value === 'pending';
    // A worker that itself writes the file at each start must not be started at each request.
    const isEarly = clock.now() - this.#renewedAt < limits.offerMs;
    if (this.#renewing !== null || !isOpen || isEarly || !renew()) return;
    this.#renewedAt = clock.now();
    const cancel = clock.schedule(limits.offerMs, () => {
      this.#renewed();
      this.look();
    });
    this.#renewing = cancel;
  }

  #renewed(): void {
    this.#renewing?.();
    this.#renewing = null;
  }

  /** Whether the answer is under way: sampling without an account fails in ways that do not tell the reason. */
  #pending(): boolean {
    const { value } = this.#snapshot();
    if (this.#renewing !== null && value !== 'signedIn') return true;
    if (value === 'unknown') return !this.#told && this.#options.expectant();
    return value === 'offering' || value === 'expired';
  }

  #answer(): SignIn {
    const { value, context } = this.#snapshot();
    if (value === 'signedIn' || value === 'unknown') return { state: value };
    return value === 'expired' ? { state: 'unknown' } : { state: 'signedOut', offer: context.offer };
  }

  #snapshot(): LoginSnapshot {
    return this.#cell.snapshot() as LoginSnapshot;
  }

  #act(command: Command): void {
    if (command.type === 'account.read') this.#options.read(command.slot);
    // Nobody to ask: the attempt is over before it began.
    else if (command.type === 'login.start' && !(this.#options.shared?.held() !== false && this.#options.start()))
      this.hear({ type: 'login.failed', slot: 0 as Slot });
  }
}
