/**
 * One line of the log as text. What is the same for every line of an event is written once, and a text that was looked at before is
 * not looked at again: most of them come in every line. Invariant: a line is what `JSON.stringify` makes of the redacted facts.
 */

import { type LogEvent, type LogEventEntry, logEvents } from '../actors/log-events.ts';
import type { LogField } from '../actors/log-fields.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import { isoTime } from './iso-time.ts';

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

/** Fields that have ids and hashes of our own making, new in each request: nobody else has a say in them. */
const ownFields: ReadonlySet<string> = new Set<LogField>(['req_id', 'output_text_hash']);
const own = /^(?:req_)?[0-9a-f]{1,128}$/;

interface Field {
  /** With the comma before it. */
  readonly name: string;
  /** Neither its name nor, because of its name, its value is left out. */
  readonly isPlain: boolean;
  readonly isOwn: boolean;
  /** What it was the last time, mostly what it is the next time, too; and how that was told. */
  last: string | number | boolean | undefined;
  told: string;
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
  /** Of all events. */
  readonly #fields = new Map<LogField, Field>();
  #texts = new Map<string, string>();
  #olderTexts = new Map<string, string>();
  /** The latest id of ours in the line: it may be there under another name, too. */
  #own: string | null = null;
  #ts = Number.NaN;
  #time = '';

  constructor({ redact, maintenance, node = null }: LineOptions) {
    this.#redact = redact;
    this.#maintenance = maintenance;
    this.#node = node === null ? '' : `,"node":${node}`;
  }

  /** What is known of both is as in `facts`. */
  line(ts: number, level: string, event: LogEvent, context: JsonObject, facts: JsonObject): string {
    return this.timed(ts, this.untimed(level, event, context, facts));
  }

  timed(ts: number, untimed: string): string {
    return this.#timeOf(ts) + untimed;
  }

  /** What follows the time. */
  untimed(level: string, event: LogEvent, context: JsonObject, facts: JsonObject): string {
    const { component, fields } = this.#shapes.get(event) ?? this.#shape(event);
    let text = level + component;
    this.#own = null;
    for (const name in context) {
      const said = facts[name];
      text += this.#member(fields, name, said === undefined ? context[name] : said);
    }
    for (const name in facts) if (context[name] === undefined) text += this.#member(fields, name, facts[name]);
    return text + (this.#maintenance ? ',"maintenance_mode":true}' : '}');
  }

  #member(fields: ReadonlyMap<string, Field>, name: string, value: Json | undefined): string {
    const field = fields.get(name);
    if (field === undefined || value === null) return '';
    if (field.isOwn && typeof value === 'string' && own.test(value)) this.#own = value;
    if (value === this.#own && field.isPlain) return `${field.name}"${value}"`;
    if (value === field.last) return field.told;
    const told = this.#told(field, name, value as Json);
    if (typeof value !== 'object' && (typeof value !== 'string' || value.length <= textCharsMax)) {
      field.last = value;
      field.told = told;
    }
    return told;
  }

  #told({ name: begun, isPlain }: Field, name: string, value: Json): string {
    if (isPlain) {
      if (typeof value === 'string') return begun + this.#text(name, value);
      if (typeof value === 'number' && Number.isFinite(value)) return begun + String(value);
      if (typeof value === 'boolean') return begun + (value ? 'true' : 'false');
      const list = Array.isArray(value) ? this.#list(name, value as readonly Json[]) : null;
      if (list !== null) return begun + list;
    }
    const whole = unbroken(JSON.stringify(this.#redact({ [name]: value })));
    return whole === '{}' ? '' : `,${whole.slice(1, -1)}`;
  }

  /** Null: it is no short list of texts. */
  #list(name: string, values: readonly Json[]): string | null {
    if (values.length > textsInListMax) return null;
    let list = '';
    for (const value of values) {
      if (typeof value !== 'string') return null;
      list += (list === '' ? '' : ',') + this.#text(name, value);
    }
    return `[${list}]`;
  }

  #text(name: string, text: string): string {
    const known = this.#texts.get(text) ?? this.#olderTexts.get(text);
    if (known !== undefined) return known;
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
    this.#time = `{"timestamp":"${isoTime(ts)}","ts":${ts},"ts_ms":${ts},"level":"`;
    return this.#time;
  }

  #shape(event: LogEvent): Shape {
    const entry: LogEventEntry = logEvents[event];
    const isSaid = { maintenance_mode: this.#maintenance, node: this.#node !== '' };
    const isTold = (name: LogField): boolean => !(name in isSaid && isSaid[name as keyof typeof isSaid]);
    const shape = {
      component: `","component":"${entry.component}","event":"${event}"${this.#node}`,
      fields: new Map(entry.fields.filter(isTold).map((name) => [name, this.#field(name)] as const)),
    };
    this.#shapes.set(event, shape);
    return shape;
  }

  #field(name: LogField): Field {
    const known = this.#fields.get(name);
    if (known !== undefined) return known;
    const isPlain = this.#redact({ [name]: 'x' })[name] === 'x';
    const field = { name: `,"${name}":`, isPlain, isOwn: ownFields.has(name), last: undefined, told: '' };
    this.#fields.set(name, field);
    return field;
  }
}
