// Values for the members of a JSON schema, taken from the words of the prompt where that is simple, else the smallest
// that fit. Invariant: a value has the type that the schema asks for; `enum` and `const` always win.

import { isJson, type Json } from './request.ts';
import { sampleOf } from './sample.ts';

/** "with path notes.md", "city: Rome", "content exactly:" and then all that follows. */
function named(name: string, text: string): string | undefined {
  const words = name.replaceAll(/[^\p{L}\p{N}]+/gu, '[ _-]');
  if (words === '') return undefined;
  const rest = new RegExp(String.raw`\b${words}\s+exactly:\s*([\s\S]+)$`, 'iu').exec(text)?.[1];
  if (rest !== undefined) return rest;
  const found = new RegExp(String.raw`\b${words}(?:\s*[:=]|\s+(?:is|of))?\s+(?:"([^"]+)"|([^\s,;]+))`, 'iu').exec(text);
  return found?.[1] ?? found?.[2]?.replace(/[.!?]$/u, '');
}

/** "in Rome", "at the Chez Nous". */
function proper(text: string): string | undefined {
  return /\b(?:in|at|for)\s+(?:the\s+)?(\p{Lu}[\p{L}-]*(?:\s+\p{Lu}[\p{L}-]*)*)/u.exec(text)?.[1];
}

function valueOf(name: string, schema: Json, text: string, fallback: unknown): unknown {
  if ('const' in schema) return fallback;
  const options: unknown[] = Array.isArray(schema['enum']) ? schema['enum'] : [];
  if (options.length > 0) return options.find((one) => typeof one === 'string' && text.includes(one)) ?? fallback;
  if (schema['type'] === 'string') return named(name, text) ?? proper(text) ?? fallback;
  if (schema['type'] === 'integer') return Number(/\b\d{1,9}\b/u.exec(text)?.[0] ?? fallback);
  if (schema['type'] === 'number') return Number(/\b\d{1,9}(?:\.\d{1,9})?\b/u.exec(text)?.[0] ?? fallback);
  return fallback;
}

export function valuesFor(schema: unknown, text: string): unknown {
  const sample = sampleOf(schema);
  const members = isJson(schema) && isJson(schema['properties']) ? schema['properties'] : {};
  if (!isJson(sample)) return sample;
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => {
      const member = members[name];
      return [name, isJson(member) ? valueOf(name, member, text, value) : value];
    }),
  );
}

/** A JSON object without a schema: the keys that the prompt puts in quotes, numbers where it says so. */
export function objectFor(text: string): Json {
  const keys = [...text.matchAll(/"([^"\n]{1,60})"(?:\s*\((?:an?\s+)?(\w+)\))?/gu)];
  if (keys.length === 0) return { answer: text };
  const types = new Set(['string', 'number', 'integer', 'boolean']);
  const properties = Object.fromEntries(
    keys.map(([, name = '', type = '']) => [name, { type: types.has(type) ? type : 'string' }]),
  );
  const value = valuesFor({ type: 'object', properties, required: Object.keys(properties) }, text);
  return isJson(value) ? value : {};
}
