/** A failure that is about a part of the request names the field that holds it, by the name that the client gave it. */

import type { Failure, Outcome } from '../machines/outcome.ts';
import { refusedTool } from './refused-tool.ts';
import type { ResponseRequest } from './service.ts';

/** The provider refuses the output schema; where it has none, clients may have said it otherwise. */
const isAboutSchema = ({ param, verbatim }: Failure): boolean =>
  param?.startsWith('text.format') === true || verbatim?.code === 'invalid_json_schema';

type Naming = Pick<ResponseRequest, 'inputName' | 'schemaName' | 'terms'>;

export function namedOutcome(outcome: Outcome, { inputName, schemaName, terms }: Naming): Outcome {
  if (outcome.type !== 'failed') return outcome;
  const { failure } = outcome;
  if (failure.code === 'context_length_exceeded') return { type: 'failed', failure: { param: inputName, ...failure } };
  const tool = refusedTool(failure, terms.tools);
  if (tool !== failure) return { type: 'failed', failure: tool };
  if (schemaName === undefined || !isAboutSchema(failure)) return outcome;
  return { type: 'failed', failure: { ...failure, param: schemaName } };
}
