/**
 * The sign-in as one of several nodes has it. Invariants: without holding it, this node starts no attempt of its own; an offer that
 * another node has is told here, too; once anybody is signed in, all nodes have their workers replaced; nobody waits for it longer than
 * for the sign-in of a process by itself.
 */

import type { Peer } from '../../actors/link.ts';
import type { Clock } from '../../actors/seams.ts';
import type { LoginState, SignIn } from '../../actors/service.ts';
import { limits } from '../limits.ts';
import { wantedAnswer } from './sign-in-desk.ts';
import { hostDeadlines, hostWords, memberWords } from './words.ts';

export interface SignInNode {
  signIn(): Promise<SignIn>;
  health(): { readonly login: LoginState };
}

export class SharedSignIn {
  readonly #peer: Peer;
  readonly #clock: Clock;
  #held = false;
  #node: SignInNode | null = null;
  #look: () => void = () => {};

  constructor(peer: Peer, clock: Clock) {
    this.#peer = peer;
    this.#clock = clock;
    peer.answer(memberWords.loginHeld, () => {
      this.#held = true;
    });
    peer.answer(memberWords.login, () => this.#tell());
    peer.answer(memberWords.credentials, () => this.#look());
  }

  serves(node: SignInNode): void {
    this.#node = node;
  }

  /** Whether an attempt may be started here. */
  readonly held = (): boolean => this.#held;

  /** A login has succeeded here, or credentials were found that are good. */
  readonly signedIn = (): void => void this.#peer.tell(hostWords.signedIn, null);

  readonly onSignedIn = (look: () => void): void => {
    this.#look = look;
  };

  readonly signIn = async (): Promise<SignIn> => {
    const node = this.#node;
    if (node === null) return { state: 'unknown' };
    const endsAt = this.#clock.now() + limits.signInWaitMs;
    const own = await node.signIn();
    if (own.state !== 'signedOut' || own.offer !== null) return own;
    return new Promise((resolve, reject) => {
      // As when no offer could be had: it says what to do instead. What is under way goes on, for the next one who asks.
      const cancel = this.#clock.schedule(Math.max(0, endsAt - this.#clock.now()), () => resolve(own));
      this.#among(node, own).finally(cancel).then(resolve, reject);
    });
  };

  /** `own`: what this node has to say without the others. */
  async #among(node: SignInNode, own: SignIn): Promise<SignIn> {
    const told = await this.#peer.ask(hostWords.loginWanted, null, 2 * hostDeadlines.signInMs).catch(() => null);
    const { success, data } = wantedAnswer.safeParse(told);
    if (!success) return own;
    return data.yours ? node.signIn() : { state: 'signedOut', offer: data.offer };
  }

  /** To whoever else wants to sign in. What follows the wait is one step: an attempt cannot begin between the look and the letting go. */
  async #tell(): Promise<{ readonly keeps: boolean; readonly offer: JsonOffer | null }> {
    const own = this.#node === null || !this.#held ? null : await this.#node.signIn();
    const keeps = this.#held && this.#node?.health().login === 'pending';
    if (!keeps) this.#held = false;
    return { keeps, offer: own?.state === 'signedOut' ? own.offer : null };
  }
}

type JsonOffer = NonNullable<Extract<SignIn, { state: 'signedOut' }>['offer']>;
