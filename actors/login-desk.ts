/** The edge of the login cell: it answers requests that need to know whether somebody is signed in. */

import type { Slot } from '../machines/ids.ts';
import { type LoginContext, type LoginLimits, loginMachine } from '../machines/login.ts';
import type { Command, LoginEvent } from '../machines/protocol.ts';
import type { Cell } from './cell.ts';
import type { Clock } from './seams.ts';
import type { SignIn } from './service.ts';
import type { System } from './system.ts';

export interface LoginDeskOptions {
  readonly system: System;
  readonly limits: LoginLimits;
  readonly clock: Clock;
  /** A process is running that has yet to tell whose account it has. */
  readonly expectant: () => boolean;
  /** Sends `login.start` to a running worker; false: there is none. */
  readonly start: () => boolean;
  readonly read: (slot: Slot) => void;
  readonly bug: (error: Error) => void;
}

interface LoginSnapshot {
  readonly value: string;
  readonly context: LoginContext;
}

export class LoginDesk {
  readonly #options: LoginDeskOptions;
  readonly #cell: Cell;
  readonly #waiting = new Set<(answer: SignIn) => void>();
  /** A worker has said what it knows of the account, be it nothing. */
  #told = false;
  readonly #early = new Set<() => void>();

  constructor(options: LoginDeskOptions) {
    this.#options = options;
    this.#cell = options.system.spawn('login', {
      machine: loginMachine,
      input: { limits: options.limits },
      edge: (command) => this.#act(command),
      failed: options.bug,
    });
    this.#cell.watch(() => this.#answer());
  }

  hear(event: LoginEvent): void {
    this.#options.system.tell({ to: 'login', event });
    if (event.type === 'account.observed') this.hearNothing();
  }

  /** A worker has asked for the account in vain. */
  hearNothing(): void {
    this.#told = true;
    this.look();
  }

  /** Those who came too early go on as soon as there is an answer, or nobody left who could give one. */
  look(): void {
    if (!this.#told && this.#options.expectant()) return;
    for (const go of [...this.#early]) go();
  }

  /**
   * Resolves when an offer has been made or could not be had, which `offerMs` bounds. A request that comes while the first
   * worker still asks for the account waits for that: sampling without one fails in ways that do not tell the reason.
   */
  signIn(): Promise<SignIn> {
    return this.#told || !this.#options.expectant() ? this.#state() : this.#beTold().then(() => this.#state());
  }

  #beTold(): Promise<void> {
    const { clock, limits } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.schedule(limits.offerMs, () => go());
      const go = (): void => {
        cancel();
        this.#early.delete(go);
        resolve();
      };
      this.#early.add(go);
    });
  }

  #state(): Promise<SignIn> {
    const { value } = this.#snapshot();
    if (value === 'unknown' || value === 'expired') return Promise.resolve({ state: 'unknown' });
    if (value === 'signedIn') return Promise.resolve({ state: 'signedIn' });
    const answer = new Promise<SignIn>((resolve) => this.#waiting.add(resolve));
    this.hear({ type: 'login.wanted' });
    this.#answer();
    return answer;
  }

  #snapshot(): LoginSnapshot {
    return this.#cell.snapshot() as LoginSnapshot;
  }

  #answer(): void {
    const { value, context } = this.#snapshot();
    if (value === 'offering' || this.#waiting.size === 0) return;
    const signedOut = value === 'signedOut' || value === 'pending';
    const answer: SignIn = signedOut
      ? { state: 'signedOut', offer: context.offer }
      : { state: value === 'signedIn' ? 'signedIn' : 'unknown' };
    for (const resolve of this.#waiting) resolve(answer);
    this.#waiting.clear();
  }

  #act(command: Command): void {
    if (command.type === 'account.read') this.#options.read(command.slot);
    // Nobody to ask: the attempt is over before it began.
    else if (command.type === 'login.start' && !this.#options.start())
      this.hear({ type: 'login.failed', slot: 0 as Slot });
  }
}
