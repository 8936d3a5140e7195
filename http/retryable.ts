/** Which failures may be over when the same request comes again. */

import { failureCatalogue, requestCatalogue } from './catalogue.ts';

const retryableCodes: ReadonlySet<string> = new Set(
  [...Object.values(failureCatalogue), ...Object.values(requestCatalogue)]
    .filter(({ retry }) => retry)
    .map(({ code }) => code),
);

/** By the `code` that was told on the wire. */
export const isRetryable = (code: string): boolean => retryableCodes.has(code);
