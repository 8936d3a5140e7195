/**
 * The log of the operator: one JSON object a line, see `docs/logs.md`. Invariants: a line has no fields but those of its event in
 * `actors/log-events.ts`; everything that comes from outside has gone through the redactor; a line never breaks.
 */

import { type LogEvent, type LogEventEntry, type LogFacts, logEvents } from '../actors/log-events.ts';
import type { JsonObject } from '../actors/turn.ts';
import { LineWriter } from './log-line.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface EventLogOptions {
  /** `urgent`: what is wrong must not wait, because the process may not live to tell it. */
  write(line: string, urgent?: boolean): void;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  redact(facts: JsonObject): JsonObject;
  /** Nothing below it is told. */
  readonly level: LogLevel;
  readonly maintenance: boolean;
  /** Which of several; null: there is one. */
  readonly node?: number | null;
}

/** What is known of the request that a line is about; where an event says something of its own, that counts. */
export type LogContext = LogFacts<'auth_required'>;

const nothing: LogContext = {};

/** A detail stays one, and an error of ours is one, whoever logs it. */
const levelOf = (event: LogEvent, asked: 'info' | 'warn'): LogLevel =>
  (logEvents[event] as LogEventEntry).level ?? asked;

const ranks = Object.fromEntries(logLevels.map((level, rank) => [level, rank])) as Readonly<Record<LogLevel, number>>;

export class EventLog {
  readonly #options: EventLogOptions;
  readonly #least: number;
  readonly #writer: LineWriter;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#least = ranks[options.level];
    this.#writer = new LineWriter(options);
  }

  /** Its level is one that is told. */
  tells(asked: 'info' | 'warn', event: LogEvent): boolean {
    return ranks[levelOf(event, asked)] >= this.#least;
  }

  line(asked: 'info' | 'warn', event: LogEvent, facts: JsonObject, context: LogContext = nothing): string {
    return this.#writer.line(this.#options.now(), levelOf(event, asked), event, context as JsonObject, facts);
  }

  /** What follows the time in a line; `timed` puts the time of now before it. */
  untimed(asked: 'info' | 'warn', event: LogEvent, facts: JsonObject, context: LogContext): string {
    return this.#writer.untimed(levelOf(event, asked), event, context as JsonObject, facts);
  }

  timed(untimed: string): string {
    return this.#writer.timed(this.#options.now(), untimed);
  }

  write(line: string): void {
    this.#options.write(line);
  }

  tell<Event extends LogEvent>(
    asked: 'info' | 'warn',
    event: Event,
    facts: LogFacts<Event>,
    context: LogContext = nothing,
  ): void {
    this.hear(asked, event, facts as JsonObject, context);
  }

  /** As the journal has it, with what is known of its request where the event has a field for it. */
  hear(asked: 'info' | 'warn', event: LogEvent, facts: JsonObject, context: LogContext): void {
    if (!this.tells(asked, event)) return;
    const urgent = ranks[levelOf(event, asked)] >= ranks.warn;
    this.#options.write(this.line(asked, event, facts, context), urgent);
  }
}
