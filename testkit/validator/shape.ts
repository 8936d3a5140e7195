/**
 * Closed shapes: small checks that say what is wrong and where, or null. An object shape lists every member it knows;
 * an unknown member is as wrong as a missing one, because that is how stray keys reach strict clients.
 */
import { isObject, type Json, shown } from './json.ts';

export type Check = (value: Json | undefined, path: string) => string | null;
export type Members = Readonly<Record<string, Check>>;

function expect(what: string, test: (value: Json | undefined) => boolean): Check {
  return (value, path) => (test(value) ? null : `${path} must be ${what}, got ${shown(value)}`);
}

export const anything: Check = (value, path) => (value === undefined ? `${path} is missing` : null);
export const string = expect('a string', (value) => typeof value === 'string');
export const filled = expect('a non-empty string', (value) => typeof value === 'string' && value !== '');
export const boolean = expect('a boolean', (value) => typeof value === 'boolean');
export const record = expect('an object', (value) => isObject(value));
export const index = expect('an integer >= 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const positive = expect('an integer >= 1', (value) => Number.isSafeInteger(value) && (value as number) >= 1);

export function within(min: number, max: number): Check {
  return expect(`a number in ${min}..${max}`, (value) => typeof value === 'number' && value >= min && value <= max);
}

export function oneOf(...values: readonly Json[]): Check {
  return expect(values.map((value) => JSON.stringify(value)).join(' or '), (value) => values.includes(value as Json));
}

export function matching(pattern: RegExp): Check {
  return expect(`a string matching ${pattern.source}`, (value) => typeof value === 'string' && pattern.test(value));
}

export const emptyList = expect('[]', (value) => Array.isArray(value) && value.length === 0);

export function nullable(check: Check): Check {
  return (value, path) => (value === null ? null : check(value, path));
}

export function listOfEach(check: Check, countMin = 0): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} must be an array, got ${shown(value)}`;
    if (value.length < countMin) return `${path} must have at least ${countMin} entries, got ${value.length}`;
    return first(value.map((entry: Json, at) => () => check(entry, `${path}[${at}]`)));
  };
}

export function members(required: Members, optional: Members = {}): Check {
  return (value, path) => {
    if (!isObject(value)) return `${path} must be an object, got ${shown(value)}`;
    const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) return `${path}.${missing} is missing`;
    return first(
      Object.entries(value).map(([key, entry]) => () => {
        const check = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) && optional[key];
        return check ? check(entry, `${path}.${key}`) : `${path}.${key} is not in the contract`;
      }),
    );
  };
}

/** An object whose string member `tag` selects the shape. */
export function tagged(tag: string, shapes: Members, otherwise?: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return `${path} must be an object, got ${shown(value)}`;
    const name = value[tag];
    const shape = typeof name === 'string' && Object.hasOwn(shapes, name) ? shapes[name] : otherwise;
    return shape ? shape(value, path) : `${path}.${tag} ${shown(name)} is not in the contract`;
  };
}

export function either(left: Check, right: Check): Check {
  return (value, path) => {
    const problem = left(value, path);
    return problem === null ? null : right(value, path) === null ? null : problem;
  };
}

/** Adds a condition between members to a shape that already holds. */
export function and(check: Check, further: Check): Check {
  return (value, path) => check(value, path) ?? further(value, path);
}

function first(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const problem = check();
    if (problem !== null) return problem;
  }
  return null;
}
