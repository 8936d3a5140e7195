/** The edge of the login cell: it answers requests that need to know whether somebody is signed in. */

import type { Slot } from '../machines/ids.ts';
import { type LoginContext, type LoginLimits, loginMachine } from '../machines/login.ts';
import type { Command, LoginEvent } from '../machines/protocol.ts';
import type { Cell } from './cell.ts';
import type { SignIn } from './service.ts';
import type { System } from './system.ts';

export interface LoginDeskOptions {
  readonly system: System;
  readonly limits: LoginLimits;
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
  }

  /** Resolves when an offer has been made or could not be had, which `offerMs` bounds. */
  signIn(): Promise<SignIn> {
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
