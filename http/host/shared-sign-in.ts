/**
 * The sign-in as one of several nodes has it. Invariants: without holding it, this node starts no attempt of its own; an offer that
 * another node has is told here, too; once anybody is signed in, all nodes have their workers replaced.
 */

import type { Peer } from '../../actors/link.ts';
import type { LoginState, SignIn } from '../../actors/service.ts';
import { wantedAnswer } from './sign-in-desk.ts';
import { hostDeadlines, hostWords, nodeWords } from './words.ts';

export interface SignInNode {
  signIn(): Promise<SignIn>;
  health(): { readonly login: LoginState };
}

export class SharedSignIn {
  readonly #peer: Peer;
  #held = false;
  #node: SignInNode | null = null;
  #look: () => void = () => {};

  constructor(peer: Peer) {
    this.#peer = peer;
    peer.answer(nodeWords.loginHeld, () => {
      this.#held = true;
    });
    peer.answer(nodeWords.login, () => this.#tell());
    peer.answer(nodeWords.credentials, () => this.#look());
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
    if (this.#node === null) return { state: 'unknown' };
    const own = await this.#node.signIn();
    if (own.state !== 'signedOut' || own.offer !== null) return own;
    const told = await this.#peer.ask(hostWords.loginWanted, null, 2 * hostDeadlines.signInMs).catch(() => null);
    const { success, data } = wantedAnswer.safeParse(told);
    // As when no offer could be had: it says what to do instead.
    if (!success) return own;
    return data.yours ? this.#node.signIn() : { state: 'signedOut', offer: data.offer };
  };

  /** To whoever else wants to sign in. What follows the wait is one step: an attempt cannot begin between the look and the letting go. */
  async #tell(): Promise<{ readonly keeps: boolean; readonly offer: JsonOffer | null }> {
    const own = this.#node === null || !this.#held ? null : await this.#node.signIn();
    const keeps = this.#held && this.#node?.health().login === 'pending';
    if (!keeps) this.#held = false;
    return { keeps, offer: own?.state === 'signedOut' ? own.offer : null };
  }
}

type JsonOffer = NonNullable<Extract<SignIn, { state: 'signedOut' }>['offer']>;
