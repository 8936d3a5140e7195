// The smallest value that fits a JSON schema, for tool arguments and structured answers nobody spelled out.
// Invariant: terminates for every schema, recursive ones included, and never throws.

import { isJson, type Json } from './request.ts';

const depthMax = 8;

function resolve(schema: Json, root: Json): Json {
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return schema;
  let target: unknown = root;
  for (const step of reference.slice(2).split('/')) target = isJson(target) ? target[step] : undefined;
  return isJson(target) ? target : {};
}

function properties(schema: Json, root: Json, depth: number): Json {
  const members = isJson(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  return Object.fromEntries(required.map((name) => [name, sample(members[name], root, depth + 1, name)]));
}

function sample(value: unknown, root: Json, depth: number, name: string): unknown {
  if (!isJson(value) || depth > depthMax) return null;
  const schema = resolve(value, root);
  if ('const' in schema) return schema['const'];
  for (const list of ['enum', 'default', 'examples']) {
    const options = schema[list];
    if (Array.isArray(options) && options.length > 0) return options[0];
  }
  for (const union of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[union];
    if (Array.isArray(options) && options.length > 0) return sample(options[0], root, depth + 1, name);
  }
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  const minimum = typeof schema['minimum'] === 'number' ? schema['minimum'] : undefined;
  const minItems = typeof schema['minItems'] === 'number' ? Math.min(schema['minItems'], 100) : 1;
  if (type === 'string') return name;
  if (type === 'integer' || type === 'number') return minimum ?? 42;
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  if (type === 'array') return Array.from({ length: minItems }, () => sample(schema['items'], root, depth + 1, name));
  return properties(schema, root, depth);
}

export function sampleOf(schema: unknown): unknown {
  const root = isJson(schema) ? schema : {};
  return sample(root, root, 0, 'text');
}
