/**
 * Takes lines that hold nothing but metadata of the worker out of one message, however it is cut into pieces: `key: value`,
 * `key=value`, or a JSON object of such keys. Which keys these are may become known after their lines. So a line that could be
 * one waits, with all that follows it, until the message is over.
 *
 * Invariants: what is shown is the text without the lines whose keys are known at the end, and without the line breaks that
 * would be left at its end; it does not depend on the pieces; what waits has a limit, at which it is decided by what is known.
 */

import type { Sanitized } from './log-entry.ts';

/** Of `key: value` and `key=value`. */
const pair = /^[ \t]*([A-Za-z_][\w.-]{0,63})[ \t]*(?:=|:(?!\/\/))[ \t]*\S/;
/** An unfinished line that may become one of those, or an object. */
const begun = /^[ \t]*(?:[A-Za-z_][\w.-]{0,63}[ \t]*(?:[=:][ \t]*)?)?$/;
const object = /^[ \t]*\{/;
const lineCharsMax = 16_384;
const heldCharsMax = 262_144;

/** What a line would be metadata of; null: it is none whatever the keys. */
const keysOf = (line: string): readonly string[] | null => {
  const [, key] = pair.exec(line) ?? [];
  if (key !== undefined) return [key];
  if (!object.test(line)) return null;
  try {
    const keys = Object.keys(JSON.parse(line) as object);
    return keys.length === 0 ? null : keys;
  } catch {
    return null;
  }
};

/** Metadata whether or not an event names them. */
const always: ReadonlySet<string> = new Set(['rollout_path', 'session_id']);

/** Keys that name metadata, and what was left out because of them. */
export class MetadataKeys {
  /** Beyond those that always are. */
  #known: Set<string> | null = null;
  #removed: Set<string> | null = null;
  lines = 0;

  /** An upstream event names some. */
  add(keys: readonly string[]): void {
    for (const key of keys) {
      if (always.has(key) || key.length > 64) continue;
      this.#known ??= new Set();
      if (always.size + this.#known.size < 256) this.#known.add(key);
    }
  }

  /** Keys of what was left out. */
  get removed(): readonly string[] {
    return [...(this.#removed ?? [])];
  }

  /** By what the keys of what was left out are known. */
  get sources(): readonly string[] {
    const removed = this.removed;
    return [
      ...(removed.some((key) => always.has(key)) ? ['fixed'] : []),
      ...(removed.some((key) => !always.has(key)) ? ['event'] : []),
    ];
  }

  /** Null: nothing was left out. */
  get left(): Sanitized | null {
    return this.lines === 0 ? null : { lines: this.lines, keys: this.removed, sources: this.sources };
  }

  matches(keys: readonly string[]): boolean {
    return keys.every((key) => always.has(key) || this.#known?.has(key) === true);
  }

  remove(keys: readonly string[]): void {
    this.lines += 1;
    this.#removed ??= new Set();
    for (const key of keys) this.#removed.add(key);
  }
}

/** With its line break. */
interface HeldLine {
  readonly text: string;
  readonly end: '\n' | '';
  readonly keys: readonly string[] | null;
}

export class MetadataLines {
  readonly #keys: MetadataKeys;
  /** Lines that wait, from the first one that could be metadata on. */
  #lines: HeldLine[] = [];
  #heldChars = 0;
  /** Lines with keys that are not known may wait. */
  #patient = true;
  /** The unfinished line, unless it is shown as it comes. */
  #line: string[] = [];
  #lineChars = 0;
  #free = false;
  /** Line breaks behind what is shown. */
  #breaks = '';
  /** A line was left out behind what is shown. */
  #removed = false;

  constructor(keys: MetadataKeys) {
    this.#keys = keys;
  }

  push(piece: string): string {
    let shown = '';
    let from = 0;
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', from)) {
      shown += this.#more(piece.slice(from, at)) + this.#endLine('\n');
      from = at + 1;
    }
    shown += this.#more(piece.slice(from));
    return this.#heldChars + this.#lineChars > heldCharsMax && this.#lines.length > 0 ? shown + this.#giveUp() : shown;
  }

  /** The message is over. */
  flush(): string {
    const last = this.#free || this.#lineChars === 0 ? '' : this.#endLine('');
    const shown = last + this.#release();
    const breaks = this.#removed ? '' : this.#breaks;
    this.#breaks = '';
    return shown + breaks;
  }

  #more(text: string): string {
    if (text === '') return '';
    if (this.#free) return this.#show(text);
    this.#line.push(text);
    this.#lineChars += text.length;
    return this.#lines.length > 0 ? '' : this.#freed();
  }

  /** Shows the unfinished line if it cannot be metadata. */
  #freed(): string {
    if (this.#lineChars === 0) return '';
    const line = this.#taken();
    if (line.length <= lineCharsMax && (begun.test(line) || pair.test(line) || object.test(line))) {
      this.#line.push(line);
      this.#lineChars = line.length;
      return '';
    }
    this.#free = true;
    return this.#show(line);
  }

  #endLine(end: '\n' | ''): string {
    if (this.#free) {
      this.#free = false;
      this.#breaks += end;
      return '';
    }
    const text = this.#taken();
    const line = { text, end, keys: text.length > lineCharsMax ? null : keysOf(text) };
    const waits = this.#patient && line.keys !== null && !this.#keys.matches(line.keys);
    if (this.#lines.length === 0 && !waits) return this.#settle(line);
    this.#lines.push(line);
    this.#heldChars += text.length + 1;
    return '';
  }

  /** What waits is too much. */
  #giveUp(): string {
    this.#patient = false;
    return this.#release() + this.#freed();
  }

  #release(): string {
    const lines = this.#lines;
    this.#lines = [];
    this.#heldChars = 0;
    return lines.map((line) => this.#settle(line)).join('');
  }

  #settle({ text, end, keys }: HeldLine): string {
    if (keys !== null && this.#keys.matches(keys)) {
      this.#keys.remove(keys);
      this.#removed = true;
      return '';
    }
    const shown = this.#show(text);
    this.#breaks += end;
    return shown;
  }

  /** A carriage return may belong to a line break. */
  #show(text: string): string {
    const end = text.endsWith('\r') ? '\r' : '';
    const said = text.slice(0, text.length - end.length);
    const before = this.#breaks;
    this.#breaks = said === '' ? before + end : end;
    if (said === '') return '';
    this.#removed = false;
    return before + said;
  }

  #taken(): string {
    const text = this.#line.length === 1 ? (this.#line[0] ?? '') : this.#line.join('');
    this.#line = [];
    this.#lineChars = 0;
    return text;
  }
}
