/** `GET` and `DELETE /v1/responses/{id}`: the client's own responses, as they are now. */

import type { Archive } from '../actors/archive.ts';
import type { Reached } from '../actors/elsewhere.ts';
import type { ResponseLog } from '../actors/log.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { borrowing } from './borrowing.ts';
import type { Soon } from './soon.ts';
import { RequestError } from './request-error.ts';
import type { RequestHead } from './request-head.ts';
import { readInclude } from './requests/settings.ts';
import { quotable } from './requests/well-formed.ts';
import { responseObject } from './responses-body.ts';

const missing = (id: string): never => {
  throw new RequestError('not_found', `Response with id '${quotable(id)}' not found.`);
};

const unreachable = (id: string): never => {
  const message = `The node that has response '${quotable(id)}' does not answer; try again.`;
  throw new RequestError('response_unreachable', message);
};

/** `include` comes as `include[]=a&include[]=b`, or without the brackets. `starting_after` says something of streams only. */
function revealed(query: string): boolean {
  const params = new URLSearchParams(query);
  if (/^(1|true)$/i.test(params.get('stream') ?? '')) {
    const message = 'stream is not supported here; leave it out and read the response as it is now.';
    throw new RequestError('unsupported_parameter', message, 'stream');
  }
  const include = readInclude([...params.getAll('include[]'), ...params.getAll('include')]);
  return include.has('reasoning.encrypted_content');
}

/** A promise where another node has to be asked. */
export function storedAnswer({ method, query }: RequestHead, id: string, archive: Archive | null): Soon<Answer> {
  // Any other id is none of ours; it is not even looked for.
  if (archive === null || !/^[\w-]{1,128}$/.test(id)) return missing(id);
  if (method === 'DELETE') {
    const told = (deleted: Reached<boolean>): Answer => {
      if (deleted === 'unreachable') return unreachable(id);
      return deleted ? jsonAnswer(200, JSON.stringify({ id, object: 'response', deleted: true })) : missing(id);
    };
    const deleted = archive.delete(id);
    return deleted || !archive.away(id) ? told(deleted) : archive.deleteAway(id).then(told);
  }
  const reveal = revealed(query);
  const told = (log: Reached<ResponseLog | null>): Answer => {
    if (log === 'unreachable') return unreachable(id);
    return log === null ? missing(id) : jsonAnswer(200, responseObject(log, reveal));
  };
  const log = archive.read(id);
  if (log !== null || !archive.away(id)) return told(log);
  return borrowing((loan) => archive.readAway(id, loan)).then(told);
}
