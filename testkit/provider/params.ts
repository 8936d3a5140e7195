// The parameters a scenario may be given, with their meaning and limits, in one table for all scenarios.
// Invariant: a name outside the table or a value outside its limits is refused, so a typo in a test is an error
// and never a silently different scenario.

export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

type Kind = 'text' | 'flag' | { readonly min: number; readonly max: number };

const count: Kind = { min: 0, max: 1_000_000 };
const durationMs: Kind = { min: 0, max: 600_000 };
const sizeChars: Kind = { min: 0, max: 64 * 1024 * 1024 };

const table: Readonly<Record<string, Kind>> = {
  // selection and control
  key: 'text', // names the attempt counter and the pause gate
  // oxlint-disable-next-line unicorn/no-thenable -- a name in a table of strings, which nobody awaits
  then: 'text', // comma list: scenarios of the later samplings (after tool outputs, or after `times` attempts)
  times: count, // only the first so many attempts misbehave
  id: 'text', // replaces the running number in all ids
  hold: 'text', // barrier passed before anything is answered
  barrier: 'text', // barrier passed before delta number `at`
  at: count,
  of: count, // the barrier opens by itself when so many streams wait at it
  wire: { min: 1, max: 65_536 }, // bytes of one socket write: cuts lines and UTF-8 sequences anywhere
  // text
  n: count, // deltas
  size: sizeChars, // characters of one generated delta
  delay: durationMs, // between deltas
  first: durationMs, // before the first item
  chunks: 'text', // literal deltas: a JSON array, or parts separated by |
  text: 'text', // literal answer
  cut: 'text', // how the literal is cut: points, units or seed:<number>
  msgs: 'text', // comma list of phases, one message each; `none` has no phase
  stamp: 'flag', // every delta is the provider's clock in microseconds
  script: 'text', // the steps of the fake app-server, a JSON object
  // usage
  in: count,
  cached: count,
  cachewrite: count,
  out: count,
  reasoning: count,
  // reasoning
  parts: { min: 0, max: 1000 },
  raw: 'flag', // also the raw chain of thought
  enc: 'text', // encrypted content; `none` for null
  summary: 'text', // asked (default): only if the request wants it; always; never
  // tools; `args<i>` and `name<i>` name one call
  calls: { min: 0, max: 1000 },
  name: 'text',
  args: 'text',
  namespace: 'text',
  say: 'text', // text before the calls
  input: 'text',
  query: 'text',
  url: 'text',
  // failures
  code: 'text', // HTTP status of `status`, error code of `failed` and `errorevent`
  error: 'text',
  body: 'text', // the error body of `status`, as it is
  type: 'text',
  message: 'text',
  kind: 'text',
  retryafter: 'text',
  reason: 'text',
  how: 'text', // rst or fin
  done: 'flag', // the item is finished before the cut
  ms: durationMs,
  // headers and limits
  used: { min: 0, max: 100 },
  used2: { min: 0, max: 100 },
  resets: { min: 0, max: 99_999_999_999 },
  model: 'text',
  h: 'text', // further headers, a JSON object
  check: 'flag', // answer with a report of the input instead of text
};

function kindOf(name: string): Kind | undefined {
  const base = name.replace(/^(args|name)\d+$/, '$1');
  return Object.hasOwn(table, base) ? table[base] : undefined;
}

function check(name: string, value: string): void {
  const kind = kindOf(name);
  if (kind === undefined) throw new ScenarioError(`unknown scenario parameter: ${name}`);
  if (kind === 'text') return;
  if (kind === 'flag') {
    if (value !== 'true' && value !== 'false') throw new ScenarioError(`${name} is a flag, not ${value}`);
    return;
  }
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= kind.min && number <= kind.max)) {
    throw new ScenarioError(`${name} must be an integer from ${kind.min} to ${kind.max}, not ${value}`);
  }
}

export class Params {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    for (const [name, value] of values) check(name, value);
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  int(name: string): number | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : Number(value);
  }

  flag(name: string): boolean {
    return this.#values.get(name) === 'true';
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return value === undefined || value === '' ? [] : value.split(',');
  }

  entries(): readonly (readonly [string, string])[] {
    return [...this.#values];
  }
}
