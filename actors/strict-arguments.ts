/**
 * Arguments against the schema of their tool, as far as a strict tool's schema goes: types, required and further members, lists of
 * values, alternatives. Everything else in a schema is for the model alone. Needed only for calls that were written as text; the
 * provider itself sees to the others.
 */

import type { Json, JsonObject } from './turn.ts';

const depthMax = 32;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typesOf = (schema: Json | undefined): readonly Json[] => {
  const type = isObject(schema) ? schema['type'] : undefined;
  return Array.isArray(type) ? (type as readonly Json[]) : type === undefined ? [] : [type];
};

const isOf = (value: Json, type: Json): boolean => {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    default:
      return true;
  }
};

/** Tags have no types: a text that stands where the schema has none becomes what the schema has. */
export const typed = (members: JsonObject, schema: JsonObject): JsonObject => {
  const properties = schema['properties'];
  if (!isObject(properties)) return members;
  const entries = Object.entries(members).map(([key, value]): [string, Json] => {
    const types = Object.hasOwn(properties, key) ? typesOf(properties[key]) : [];
    if (typeof value !== 'string' || types.length === 0 || types.includes('string')) return [key, value];
    try {
      const read = JSON.parse(value) as Json;
      return [key, types.some((type) => isOf(read, type)) ? read : value];
    } catch {
      return [key, value];
    }
  });
  return Object.fromEntries(entries);
};

/** Where a value is not what the schema says, in words; null: nowhere. */
export const misfit = (value: Json, schema: Json | undefined, path = 'arguments', depth = 0): string | null => {
  if (!isObject(schema) || depth > depthMax) return null;
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOf(value, type)))
    return `${path} must be ${types.map((type) => JSON.stringify(type)).join(' or ')}`;
  const allowed = schema['enum'];
  if (Array.isArray(allowed) && !allowed.some((one) => JSON.stringify(one) === JSON.stringify(value)))
    return `${path} has a value that is not allowed`;
  const alternatives = schema['anyOf'];
  if (Array.isArray(alternatives) && alternatives.every((one: Json) => misfit(value, one, path, depth + 1) !== null))
    return `${path} is none of the alternatives`;
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) {
      const problem = misfit(member as Json, schema['items'], `${path}[${index}]`, depth + 1);
      if (problem !== null) return problem;
    }
  }
  return isObject(value) ? misfitMember(value, schema, path, depth) : null;
};

function misfitMember(value: JsonObject, schema: JsonObject, path: string, depth: number): string | null {
  const { required, additionalProperties } = schema;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  for (const key of Array.isArray(required) ? (required as readonly Json[]) : []) {
    if (typeof key === 'string' && !Object.hasOwn(value, key)) return `${path}.${key} is missing`;
  }
  for (const [key, member] of Object.entries(value)) {
    if (Object.hasOwn(properties, key)) {
      const problem = misfit(member, properties[key], `${path}.${key}`, depth + 1);
      if (problem !== null) return problem;
    } else if (additionalProperties === false) return `${path} has a member that is not declared`;
  }
  return null;
}
