/**
 * One client on one response, in each of the four ways to read an answer: the real readers and projections over a connection
 * in memory. Invariant: what is judged is what arrived at the client, byte by byte; nothing here looks into the log.
 */

import { unwatched } from '../../actors/diagnostics.ts';
import type { Clock, Journal } from '../../actors/seams.ts';
import type { ResponseHandle, Service } from '../../actors/service.ts';
import { noTerms } from '../../actors/terms.ts';
import { Account } from '../../http/accounting.ts';
import type { Admission } from '../../http/admission.ts';
import { Choices } from '../../http/choices.ts';
import { chatEndpoint, responsesEndpoint } from '../../http/endpoints.ts';
import { Exchange } from '../../http/exchange.ts';
import type { ExchangeHouse } from '../../http/exchange-facts.ts';
import type { Front } from '../../http/front.ts';
import { follow } from '../../http/generation.ts';
import { unknownAddress } from '../../http/ip-address.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { UsageBook } from '../../http/usage-book.ts';
import { noHooks, noPictures, testModels, testSettings } from '../front-end.ts';
import { ClientSocket } from './client-socket.ts';

/** Chat or Responses, as a stream or whole. */
export const modes = ['cs', 'cn', 'rs', 'rn'] as const;
export type Mode = (typeof modes)[number];

export const isStream = (mode: Mode): boolean => mode.endsWith('s');
export const isChat = (mode: Mode): boolean => mode.startsWith('c');

export interface ModesOptions {
  readonly service: Service;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Period of the signs of life that a stream sends, and silence and period of those of a whole answer. */
  readonly keepaliveMs: number;
  readonly silenceMs: number;
  readonly blankMs: number;
}

export interface ModeClient {
  readonly mode: Mode;
  readonly socket: ClientSocket;
  /** What threw where nobody could catch it. */
  readonly failures: readonly unknown[];
  readonly askedAt: number;
  /** When the answer had been written to its end, or the client had left; null: neither yet. */
  readonly overAt: number | null;
}

const localHead: RequestHead = {
  method: 'POST',
  path: '/',
  query: '',
  peerIsLoopback: true,
  client: unknownAddress,
  lengthsDiffer: false,
  headers: new Map(),
  header: () => '',
};

/** Turns a response of the runtime into an answer on a connection. */
export class Modes {
  readonly #front: Front;
  #requests = 0;

  constructor({ keepaliveMs, silenceMs, blankMs, ...runtime }: ModesOptions) {
    this.#front = {
      ...runtime,
      ids: { response: never, request: never, jitter: never },
      models: testModels,
      anomalies: () => ({}),
      metrics: null,
      pictures: noPictures,
      hooks: noHooks,
      usage: { book: new UsageBook(), toolBuffer: () => ({}) },
      calendar: () => runtime.clock.now(),
      diagnostics: unwatched,
      responses: responsesEndpoint,
      chat: chatEndpoint,
      settings: { ...testSettings, keepaliveMs, silenceMs, blankMs },
    };
  }

  read(mode: Mode, handle: ResponseHandle, includeUsage: boolean): ModeClient {
    const { clock } = this.#front;
    const socket = new ClientSocket(clock);
    const failures: unknown[] = [];
    const client: { -readonly [K in keyof ModeClient]: ModeClient[K] } = {
      mode,
      socket,
      failures,
      askedAt: clock.now(),
      overAt: null,
    };
    this.#requests += 1;
    const house: ExchangeHouse = {
      now: () => clock.now(),
      closing: () => false,
      leftSending: () => undefined,
      tooSlow: () => undefined,
      isAsked: () => true,
      isLast: () => false,
      over: () => {
        client.overAt = clock.now();
      },
      failed: (error, failing) => {
        failures.push(error);
        failing.abort();
      },
    };
    const id = `req_${String(this.#requests).padStart(24, '0')}`;
    const exchange = new Exchange(socket, { id, startedAt: client.askedAt, house, head: localHead, cors: [] });
    exchange.attend();
    const endpoint = isChat(mode) ? chatEndpoint : responsesEndpoint;
    const account = new Account(exchange, endpoint, () => clock.now(), unwatched);
    const admission = admissionOf(handle, isStream(mode), includeUsage);
    account.admitted(admission);
    follow(exchange, endpoint, this.#front, admission, new Choices(handle), account);
    return client;
  }
}

/** Of the request, what its reader looks at. */
const admissionOf = ({ log }: ResponseHandle, stream: boolean, includeUsage: boolean): Admission => ({
  request: {
    model: log.head.model,
    echo: log.head.echo,
    turn: { model: log.head.model, items: [] },
    terms: noTerms,
    inputName: 'input',
    streaming: stream,
    revealEncrypted: false,
    asked: null,
  },
  choices: 1,
  includeUsage,
  clampedFrom: null,
  titleModel: null,
  guarded: false,
  legacyCalls: false,
  ignoredParams: [],
  answeredHere: null,
});

/** Readers need no ids. */
const never = (): never => {
  throw new Error('a reader asked for an id');
};
