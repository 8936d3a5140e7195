/** What an earlier response brought has one place in the client's body: the field that names that response. */

import { RequestError } from '../request-error.ts';

export const previousField = 'previous_response_id';

/** A path as the client knows it; what was brought is read under paths below the field. */
export const bodyPath = (path: string): string => (/^previous_response_id[.[]/.test(path) ? previousField : path);

/** Reads what may have been brought. */
export function inBody<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RequestError) || error.param === null) throw error;
    const at = bodyPath(error.param);
    throw at === error.param ? error : new RequestError(error.code, error.message.replace(error.param, at), at);
  }
}
