/**
 * The line of access of a request. One that no model was asked for has the line of the one before, mostly, but for its time and its
 * id: that is kept in pieces. Invariant: a line is what `EventLog.line` makes of the facts.
 */

import type { LogFacts } from '../actors/log-events.ts';
import type { JsonObject } from '../actors/turn.ts';
import { accessFacts } from './access-facts.ts';
import type { Accounted } from './accounted.ts';
import type { EventLog } from './event-log.ts';
import type { HttpHappenings } from './happenings.ts';
import { otherRoute } from './routes.ts';

type Over = HttpHappenings['request.over'];

export interface AccessContext {
  readonly req_id: string;
  readonly trace_id: string | null;
  readonly route: string;
}

/** What was found out beside the request itself. */
interface AccessFindings {
  readonly record: Accounted | null;
  readonly response: string | undefined;
  readonly copilot: LogFacts<'client_detected'> | null;
}

const own = /^req_[0-9a-f]{32}$/;
/** Wherever they stand in a line, an id of ours does. */
const [someId, otherId] = [`req_${'5a'.repeat(16)}`, `req_${'a5'.repeat(16)}`];
/** Latencies, in milliseconds, of which the pieces are kept. */
const tookMost = 16;

export class AccessLines {
  readonly #log: EventLog;
  #latest: Over | null = null;
  /** Of requests like the latest, by how long they took; null: their lines are not to be had in pieces. */
  readonly #pieces = new Map<number, readonly string[] | null>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  line(told: Over, context: AccessContext, { record, response, copilot }: AccessFindings): string {
    const isPlain = record === null && response === undefined && copilot === null && told.route !== otherRoute;
    const pieces = isPlain && own.test(told.id) ? this.#piecesFor(told, context) : null;
    if (pieces !== null) return this.#log.timed(pieces.join(told.id));
    const facts = accessFacts(told, record, response);
    const all = copilot === null ? facts : { ...facts, ...copilot };
    return this.#log.line('info', 'access_log', all as JsonObject, context);
  }

  #piecesFor(told: Over, context: AccessContext): readonly string[] | null {
    const took = Math.round(told.durationMs);
    if (this.#latest === null || !isLike(told, this.#latest) || this.#pieces.size >= tookMost) {
      this.#pieces.clear();
      this.#latest = told;
    }
    let pieces = this.#pieces.get(took);
    if (pieces === undefined) this.#pieces.set(took, (pieces = this.#cut(told, context)));
    return pieces;
  }

  /** Null: what the client has sent looks like an id of ours. */
  #cut(told: Over, context: AccessContext): readonly string[] | null {
    const [pieces, others] = [someId, otherId].map((id) => {
      const facts = accessFacts({ ...told, id }, null, undefined) as JsonObject;
      return this.#log.untimed('info', 'access_log', facts, { ...context, req_id: id }).split(id);
    });
    return pieces !== undefined && pieces.join() === others?.join() ? pieces : null;
  }
}

/** But for their ids and times. */
const isLike = (one: Over, other: Over): boolean =>
  one.head.headers === other.head.headers &&
  one.head.client === other.head.client &&
  one.head.method === other.head.method &&
  one.route === other.route &&
  one.status === other.status &&
  one.errorCode === other.errorCode &&
  one.authorized === other.authorized &&
  one.traceId === other.traceId;
