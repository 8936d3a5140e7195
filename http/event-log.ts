/**
 * The log of the operator: one JSON object a line, see `docs/logs.md`. Invariants: a line has no fields but those of its event in
 * `actors/log-events.ts`; everything that comes from outside has gone through the redactor; a line never breaks.
 */

import { type LogEvent, type LogEventEntry, type LogFacts, logEvents } from '../actors/log-events.ts';
import type { JsonObject } from '../actors/turn.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface EventLogOptions {
  write(line: string): void;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  redact(facts: JsonObject): JsonObject;
  /** Nothing below it is told. */
  readonly level: LogLevel;
  readonly maintenance: boolean;
  /** Which of several; null: there is one. */
  readonly node?: number | null;
}

/** What is known of the request that a line is about. */
export type LogContext = LogFacts<'auth_required'>;

/** JSON lets them stand as they are, and they break a line, or move the cursor of a terminal. */
const breaking = /[\u007f-\u009f\u2028\u2029]/;
const breakers = new RegExp(breaking, 'g');
const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What applies, and is a field of the event. */
const told = (facts: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(facts).filter(([name, value]) => value !== null && fields.includes(name)));

/** A detail stays one, and an error of ours is one, whoever logs it. */
const levelOf = ({ level }: LogEventEntry, asked: 'info' | 'warn'): LogLevel => level ?? asked;

export class EventLog {
  readonly #options: EventLogOptions;
  readonly #least: number;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#least = logLevels.indexOf(options.level);
  }

  /** Its level is one that is told. */
  tells(asked: 'info' | 'warn', event: LogEvent): boolean {
    return logLevels.indexOf(levelOf(logEvents[event], asked)) >= this.#least;
  }

  line(asked: 'info' | 'warn', event: LogEvent, facts: JsonObject): string {
    const { now, redact, maintenance, node = null } = this.#options;
    const entry: LogEventEntry = logEvents[event];
    const ts = now();
    const text = JSON.stringify({
      timestamp: new Date(ts).toISOString(),
      ts,
      ts_ms: ts,
      level: levelOf(entry, asked),
      component: entry.component,
      event,
      ...(node === null ? {} : { node }),
      ...redact(told(facts, entry.fields)),
      ...(maintenance ? { maintenance_mode: true } : {}),
    });
    return breaking.test(text) ? text.replace(breakers, escaped) : text;
  }

  write(line: string): void {
    this.#options.write(line);
  }

  tell<Event extends LogEvent>(asked: 'info' | 'warn', event: Event, facts: LogFacts<Event>): void {
    if (this.tells(asked, event)) this.write(this.line(asked, event, facts as JsonObject));
  }

  /** As the journal has it, with what is known of its request where the event has a field for it. */
  hear(asked: 'info' | 'warn', event: LogEvent, facts: JsonObject, context: LogContext): void {
    if (!this.tells(asked, event)) return;
    this.write(this.line(asked, event, { ...(context as JsonObject), ...facts }));
  }
}
