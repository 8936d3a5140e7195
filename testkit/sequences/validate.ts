/** A whole body before the strict validators of the wire formats. */

import type { ClientSocket } from '../world/client-socket.ts';
import { isChat, isStream, type Mode } from '../world/modes.ts';
import { validateChatObject, validateChatStream } from '../validator/chat.ts';
import { validateErrorBody } from '../validator/error-body.ts';
import type { Json } from '../validator/json.ts';
import { validateResponseObject, validateResponsesStream } from '../validator/responses.ts';
import type { Received } from './received.ts';

const id = /^resp_[A-Za-z0-9_-]{24,}$/;

/** @throws StreamViolation */
export const validate = (mode: Mode, socket: ClientSocket, { usage }: Received): void => {
  const { status, headers, body } = socket;
  if (status !== 200) validateErrorBody(status, Object.fromEntries(headers), body);
  else if (mode === 'cs') validateChatStream(body, { includeUsage: usage !== null });
  else if (mode === 'rs') validateResponsesStream(body, { id });
  else if (isChat(mode)) validateChatObject(JSON.parse(body.toString('utf8')) as Json);
  else if (!isStream(mode))
    validateResponseObject(JSON.parse(body.toString('utf8')) as Json, {
      id,
      statuses: ['completed', 'incomplete', 'failed'],
    });
};
