/**
 * JSON for the CLI. Invariant: what is written holds no lone surrogate, neither raw nor escaped, because the CLI drops a
 * line that has one and never answers it.
 */

/** `JSON.stringify` writes a lone surrogate as this escape; the text may also be an innocent backslash followed by `ud`. */
const suspicion = '\\ud';

const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]));
};

export const encode = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.includes(suspicion) ? JSON.stringify(wellFormed(value)) : text;
};

export type Members = { readonly [member: string]: unknown };

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of something that may not even be an object. */
export const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** As deep as the CLI itself reads. Deeper values could take all of the stack of whoever looks at them. */
const levelsMax = 128;

export const isTooDeep = (value: unknown, levels = levelsMax): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const name in value) if (isTooDeep((value as Members)[name], levels - 1)) return true;
  return false;
};
