/** The catalogue of the log as the tables of `docs/logs.md`, and as the schema of a line. */

import * as z from 'zod';
import { type LogEvent, type LogEventEntry, logEvents } from '../actors/log-events.ts';
import { type FieldKind, type LogField, logFields } from '../actors/log-fields.ts';
import { logLevels } from './event-log.ts';

const words: Readonly<Record<FieldKind, string>> = {
  text: 'text',
  integer: 'integer',
  number: 'number',
  flag: 'true or false',
  texts: 'list of texts',
  object: 'object',
};

const kinds: Readonly<Record<FieldKind, z.ZodType>> = {
  text: z.string(),
  integer: z.int(),
  number: z.number(),
  flag: z.boolean(),
  texts: z.array(z.string()),
  object: z.record(z.string(), z.json()),
};

const names = Object.keys(logEvents) as readonly LogEvent[];

const lineOf = (name: LogEvent) => {
  const entry: LogEventEntry = logEvents[name];
  const fields = entry.fields.map((field) => [field, kinds[logFields[field][0]].optional()] as const);
  return z.strictObject({
    timestamp: z.iso.datetime(),
    ts: z.int(),
    ts_ms: z.int(),
    level: z.enum(logLevels),
    component: z.literal(entry.component),
    event: z.literal(name),
    maintenance_mode: z.literal(true).optional(),
    node: z.int().nonnegative().optional(),
    ...Object.fromEntries(fields),
  });
};

const [first, ...others] = names.map(lineOf);

/** Every line of the log is one of these. */
export const logLine = z.discriminatedUnion('event', [first as NonNullable<typeof first>, ...others]);

const cell = (text: string): string => text.replaceAll('|', '\\|');

const eventsTable = (): string =>
  [
    '| event | level | component | when | fields |',
    '|---|---|---|---|---|',
    ...names.map((name) => {
      const { level, component, about, fields }: LogEventEntry = logEvents[name];
      return `| \`${name}\` | ${level ?? 'info, warn'} | ${component} | ${cell(about)} | ${fields.map((field) => `\`${field}\``).join(' ')} |`;
    }),
  ].join('\n');

const fieldsTable = (): string =>
  [
    '| field | type | meaning |',
    '|---|---|---|',
    ...(Object.keys(logFields) as readonly LogField[]).map(
      (name) => `| \`${name}\` | ${words[logFields[name][0]]} | ${cell(logFields[name][1])} |`,
    ),
  ].join('\n');

const between = (page: string, name: string, table: string): string =>
  page.replace(
    new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- end of ${name} -->`),
    () => `<!-- ${name} -->\n\n${table}\n\n<!-- end of ${name} -->`,
  );

/** The page with the tables as they are now. */
export const withLogTables = (page: string): string =>
  between(between(page, 'events', eventsTable()), 'fields', fieldsTable());
