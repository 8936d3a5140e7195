/**
 * One line of the log as text. What is the same for every line of an event is written once, and a text that was looked at before is
 * not looked at again: most of them come in every line. Invariant: a line is what `JSON.stringify` makes of the redacted facts.
 */

import { type LogEvent, type LogEventEntry, logEvents } from '../actors/log-events.ts';
import type { LogField } from '../actors/log-fields.ts';
import type { Json, JsonObject } from '../actors/turn.ts';

/** JSON lets them stand as they are, and they break a line, or move the cursor of a terminal. */
const breaking = /[\u007f-\u009f\u2028\u2029]/;
const breakers = new RegExp(breaking, 'g');
const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
const unbroken = (text: string): string => (breaking.test(text) ? text.replace(breakers, escaped) : text);

/** Texts that are remembered: half of them, at least, are the latest. */
const textsMax = 1_024;
const textCharsMax = 256;
/** A list of so many texts is written text by text. */
const textsInListMax = 32;

const isShortList = (value: Json): value is readonly string[] =>
  Array.isArray(value) && value.length <= textsInListMax && value.every((one) => typeof one === 'string');

interface Field {
  /** With the comma before it. */
  readonly name: string;
  /** Neither its name nor, because of its name, its value is left out. */
  readonly isPlain: boolean;
}

interface Shape {
  readonly component: string;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface LineOptions {
  redact(facts: JsonObject): JsonObject;
  readonly maintenance: boolean;
  /** Which of several; null: there is one. */
  readonly node?: number | null;
}

export class LineWriter {
  readonly #redact: (facts: JsonObject) => JsonObject;
  readonly #maintenance: boolean;
  readonly #node: string;
  readonly #shapes = new Map<LogEvent, Shape>();
  #texts = new Map<string, string>();
  #olderTexts = new Map<string, string>();
  #ts = Number.NaN;
  #time = '';

  constructor({ redact, maintenance, node = null }: LineOptions) {
    this.#redact = redact;
    this.#maintenance = maintenance;
    this.#node = node === null ? '' : `,"node":${node}`;
  }

  /** What is known of both is as in `facts`. */
  line(ts: number, level: string, event: LogEvent, context: JsonObject, facts: JsonObject): string {
    const { component, fields } = this.#shapes.get(event) ?? this.#shape(event);
    let text = `${this.#timeOf(ts)}${level}${component}`;
    for (const name in context) text += this.#member(fields, name, (name in facts ? facts : context)[name] as Json);
    for (const name in facts) if (!(name in context)) text += this.#member(fields, name, facts[name] as Json);
    return `${text}${this.#maintenance ? ',"maintenance_mode":true}' : '}'}`;
  }

  #member(fields: ReadonlyMap<string, Field>, name: string, value: Json): string {
    const field = fields.get(name);
    if (field === undefined || value === null) return '';
    if (field.isPlain) {
      if (typeof value === 'string') return field.name + (this.#known(value) ?? this.#text(name, value));
      if (typeof value === 'number' && Number.isFinite(value)) return field.name + String(value);
      if (typeof value === 'boolean') return field.name + (value ? 'true' : 'false');
      if (isShortList(value)) return field.name + this.#list(name, value);
    }
    const whole = unbroken(JSON.stringify(this.#redact({ [name]: value })));
    return whole === '{}' ? '' : `,${whole.slice(1, -1)}`;
  }

  #list(name: string, texts: readonly string[]): string {
    let list = '';
    for (const text of texts) list += (list === '' ? '' : ',') + (this.#known(text) ?? this.#text(name, text));
    return `[${list}]`;
  }

  #known(text: string): string | undefined {
    return this.#texts.get(text) ?? this.#olderTexts.get(text);
  }

  #text(name: string, text: string): string {
    const shown = unbroken(JSON.stringify(this.#redact({ [name]: text })[name]));
    if (text.length > textCharsMax) return shown;
    if (this.#texts.size >= textsMax / 2) {
      this.#olderTexts = this.#texts;
      this.#texts = new Map();
    }
    this.#texts.set(text, shown);
    return shown;
  }

  #timeOf(ts: number): string {
    if (ts === this.#ts) return this.#time;
    this.#ts = ts;
    this.#time = `{"timestamp":"${new Date(ts).toISOString()}","ts":${ts},"ts_ms":${ts},"level":"`;
    return this.#time;
  }

  #shape(event: LogEvent): Shape {
    const entry: LogEventEntry = logEvents[event];
    const isSaid = { maintenance_mode: this.#maintenance, node: this.#node !== '' };
    const isTold = (name: LogField): boolean => !(name in isSaid && isSaid[name as keyof typeof isSaid]);
    const shape = {
      component: `","component":"${entry.component}","event":"${event}"${this.#node}`,
      fields: new Map(entry.fields.filter(isTold).map((name) => [name, this.#field(name)])),
    };
    this.#shapes.set(event, shape);
    return shape;
  }

  #field(name: LogField): Field {
    return { name: `,"${name}":`, isPlain: this.#redact({ [name]: 'x' })[name] === 'x' };
  }
}
