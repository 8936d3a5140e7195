/** The output format of a request: what the worker is told, what the model is told, and what the response object echoes. */

import type { Demand } from '../../actors/terms.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { invalid } from '../request-error.ts';
import type { Settings } from './settings.ts';
import { isAbsent, isObject } from './well-formed.ts';

export interface Format {
  readonly echo: JsonObject;
  /** For the worker. */
  readonly schema: JsonObject | null;
  /** Where the client put that schema. */
  readonly schemaName: string | null;
  /** What the model is told because the worker has no field for it. */
  readonly instruction: string | null;
  readonly demand: Demand | null;
}

const nameCharsMax = 64;
/** What the worker calls every schema; it takes no other name. */
const upstreamName = 'codex_output_schema';

const jsonInstruction =
  'Answer with exactly one JSON object and nothing else: no text before or after it, no Markdown, no code fence.';

const textAt = (value: Json | undefined, path: string): string | null => {
  if (isAbsent(value)) return null;
  return typeof value === 'string' ? value : invalid(`${path} must be a string.`, path);
};

const schemaAt = (value: Json | undefined, path: string): JsonObject =>
  isObject(value) ? value : invalid(`${path} must be a JSON schema, an object.`, path);

interface Place {
  /** What holds the other members, and its path. */
  readonly named: JsonObject;
  readonly at: string;
  readonly schema: Json | undefined;
  readonly schemaPath: string;
}

/** Where the client put the schema: flat, as Responses has it, or in `json_schema`, as Chat has it. */
const placeOf = (format: JsonObject, path: string): Place => {
  const { json_schema: inner, schema: outer } = format;
  const flat = { schema: outer, schemaPath: `${path}.schema` };
  if (!isObject(inner)) return { named: format, at: path, ...flat };
  const place = { named: inner, at: `${path}.json_schema` };
  if (isAbsent(inner['schema']) && !isAbsent(outer)) return { ...place, ...flat };
  // A schema has no name of its own: an object without one that has no `schema` either is the schema itself.
  const isBare = !('schema' in inner) && !('name' in inner);
  return isBare
    ? { ...place, schema: inner, schemaPath: place.at }
    : { ...place, schema: inner['schema'], schemaPath: `${place.at}.schema` };
};

const readSchema = (format: JsonObject, path: string): JsonObject => {
  const inner = format['json_schema'];
  const innerPath = `${path}.json_schema`;
  if (isAbsent(inner) && isAbsent(format['schema'])) {
    const missing = path === 'response_format' ? innerPath : `${path}.schema`;
    return invalid(`${missing} must be an object.`, missing);
  }
  if (!isAbsent(inner) && !isObject(inner)) return invalid(`${innerPath} must be an object.`, innerPath);
  const { named, at, schema, schemaPath } = placeOf(format, path);
  const name = textAt(named['name'], `${at}.name`) ?? upstreamName;
  if (name === '' || name.length > nameCharsMax)
    invalid(`${at}.name must have 1 to ${nameCharsMax} characters.`, `${at}.name`);
  const { strict } = named;
  if (!isAbsent(strict) && typeof strict !== 'boolean') invalid(`${at}.strict must be true or false.`, `${at}.strict`);
  return {
    type: 'json_schema',
    name,
    description: textAt(schema === named ? null : named['description'], `${at}.description`),
    schema: schemaAt(schema, schemaPath),
    strict: strict === true,
  };
};

export const readFormat = (value: Json, path: string): JsonObject => {
  if (typeof value !== 'string' && !isObject(value)) return invalid(`${path} must be an object.`, path);
  const [type, at] = typeof value === 'string' ? [value, path] : [value['type'], `${path}.type`];
  if (type === 'text' || type === 'json_object') return { type };
  if (type !== 'json_schema') return invalid(`${at} must be one of text, json_object, json_schema.`, at);
  return typeof value === 'string'
    ? invalid(`${at} must be an object that holds the schema.`, at)
    : readSchema(value, path);
};

/** What is echoed where nothing else was asked for. */
export const plainText: JsonObject = { type: 'text' };

const plain: Format = { echo: plainText, schema: null, schemaName: null, instruction: null, demand: null };

export const formatOf = ({ values, given, paths }: Settings): Format => {
  const format = values.get('text.format');
  if (format === undefined) return plain;
  const path = paths.get('text.format') ?? 'text.format';
  const echo = isObject(format) ? format : plainText;
  const none: Format = { ...plain, echo };
  if (echo['type'] === 'json_object') {
    return { ...none, instruction: jsonInstruction, demand: { kind: 'json_object', param: path } };
  }
  const { schema } = echo;
  const asked = given.get('text.format');
  return isObject(schema) && isObject(asked) ? { ...none, schema, schemaName: placeOf(asked, path).schemaPath } : none;
};
