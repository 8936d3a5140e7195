// The notation of a scenario: `name k=v flag k="quoted value"`, in a prompt wrapped as `[[sc:…]]`.
// Invariant: `parseSpec` and `formatSpec` are inverse for every name and every string value; a broken marker is an
// error, because a test whose marker is ignored would pass for the wrong reason.

import { Params, ScenarioError } from './params.ts';

export type Spec = { readonly name: string; readonly params: Params };

const open = '[[sc:';
const close = ']]';
const word = /[A-Za-z0-9_-]+/y;
const spaces = /\s*/y;
// A bare value ends at white space or at the closing brackets; single brackets are part of it.
const bare = /(?:[^\s"'\]]|\](?!\]))+/y;
const quoted = /"(?:[^"\\]|\\.)*"/sy;
// Single quotes take everything literally, which suits JSON; only \' and \\ are escapes.
const literal = /'(?:[^'\\]|\\.)*'/sy;

class Scanner {
  readonly text: string;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  skip(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }
}

function value(scanner: Scanner): string {
  const double = scanner.take(quoted);
  if (double !== undefined) {
    try {
      return String(JSON.parse(double));
    } catch {
      throw new ScenarioError(`bad quoted value ${double}`);
    }
  }
  const single = scanner.take(literal);
  if (single !== undefined) return single.slice(1, -1).replaceAll(/\\(['\\])/g, '$1');
  return scanner.take(bare) ?? '';
}

function scan(scanner: Scanner, ended: () => boolean): Spec {
  scanner.take(spaces);
  const name = scanner.take(word);
  if (name === undefined) throw new ScenarioError(`scenario without a name: ${scanner.text.slice(0, 80)}`);
  const values = new Map<string, string>();
  for (;;) {
    scanner.take(spaces);
    if (ended()) return { name, params: new Params(values) };
    const key = scanner.take(word);
    if (key === undefined)
      throw new ScenarioError(`bad scenario near: ${scanner.text.slice(scanner.at, scanner.at + 40)}`);
    values.set(key, scanner.skip('=') ? value(scanner) : 'true');
  }
}

export function parseSpec(text: string): Spec {
  const scanner = new Scanner(text, 0);
  return scan(scanner, () => scanner.ended);
}

/** The last marker of a text; markers inside a quoted value of another marker do not count. */
export function findMarker(text: string): Spec | undefined {
  let found: Spec | undefined;
  let start = text.indexOf(open);
  while (start >= 0) {
    const scanner = new Scanner(text, start + open.length);
    found = scan(scanner, () => {
      if (scanner.ended) throw new ScenarioError('scenario marker is not closed');
      return scanner.skip(close);
    });
    start = text.indexOf(open, scanner.at);
  }
  return found;
}

export type SpecValues = Readonly<Record<string, string | number | boolean>>;

export function formatSpec(name: string, values: SpecValues = {}): string {
  return [name, ...Object.entries(values).map(([key, item]) => `${key}=${JSON.stringify(String(item))}`)].join(' ');
}

/** Text to put into a user message: `marker('text', { n: 3, delay: 5 })`. */
export function marker(name: string, values: SpecValues = {}): string {
  return `${open}${formatSpec(name, values)}${close}`;
}
