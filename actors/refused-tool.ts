/**
 * A worker's refusal of one tool's schema, in the terms of the client: by the tool's own name, with the path of its schema. What
 * a worker does not take is its own affair; nobody else knows it all.
 */

import type { Failure } from '../machines/outcome.ts';
import type { Terms } from './terms.ts';

const refusal = /^dynamic tool input schema is not supported for ([A-Za-z0-9_-]+): (.*)$/su;

/** The failure as it is when it is about something else. */
export function refusedTool(failure: Failure, tools: Terms['tools']): Failure {
  const [, name = '', reason = ''] = refusal.exec(failure.message ?? '') ?? [];
  const { schemaName, name: known } = tools.get(name) ?? {};
  if (schemaName === undefined) return failure;
  const message = `${schemaName} of the tool ${known} cannot be used: ${reason}`;
  return { ...failure, message, param: schemaName };
}
