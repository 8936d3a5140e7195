/** A line of the gateway's log as people read it: `time level event key=value …`. What is no such line stays as it is. */

type Logged = Readonly<Record<string, unknown>>;

/** Null: it is no line of the log. */
export function readLogLine(line: string): Logged | null {
  if (!line.startsWith('{"timestamp":"')) return null;
  try {
    return JSON.parse(line) as Logged;
  } catch {
    return null;
  }
}

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);

const ahead: ReadonlySet<string> = new Set(['timestamp', 'ts', 'ts_ms', 'level', 'component', 'event']);

export function logText(logged: Logged): string {
  const { timestamp, level, event } = logged;
  const facts = Object.entries(logged).filter(([key]) => !ahead.has(key));
  const pairs = facts.map(([key, value]) => ` ${key}=${shown(value)}`);
  return `${String(timestamp)} ${String(level)} ${String(event)}${pairs.join('')}`;
}
