/**
 * zod on request fields. A schema's message is the rest of a sentence ("must be a number from 0 to 2"); the first issue
 * becomes a `RequestError` whose param is the exact path in the client's body.
 */

import * as z from 'zod';
import type { Json } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';

/** What a schema leaves unsaid is said by this, never by zod's own words, which quote patterns. */
const unsaid = { error: () => 'is not in a form that is understood' };

export const check = <T>(schema: z.ZodType<T>, value: Json | undefined, path: string): T => {
  const result = schema.safeParse(value, unsaid);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = (issue?.path ?? []).reduce<string>(
    (whole, key) => (typeof key === 'number' ? `${whole}[${key}]` : `${whole}.${String(key)}`),
    path,
  );
  throw new RequestError('invalid_request_error', `${at} ${issue?.message}.`, at);
};

export const aString = z.string({ error: 'must be a string' });
export const aName = z.string({ error: 'must be a non-empty string' }).min(1, { error: 'must be a non-empty string' });
export const aBoolean = z.boolean({ error: 'must be true or false' });
export const anObject = z.looseObject({}, { error: 'must be an object' });

export const oneOf = (...values: readonly [string, ...string[]]): z.ZodType<string> =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const numberFrom = (min: number, max: number): z.ZodType<number> => {
  const error = `must be a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
};

export const integerFrom = (min: number): z.ZodType<number> => {
  const error = `must be an integer of at least ${min}`;
  return z.int({ error }).min(min, { error });
};
