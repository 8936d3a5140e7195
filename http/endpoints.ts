/** The two endpoints that generate. */

import { chatBody } from './chat-body.ts';
import { chatStream } from './chat-stream.ts';
import type { Endpoint } from './endpoint.ts';
import { readChatRequest } from './requests/chat.ts';
import { readResponsesRequest } from './requests/responses.ts';
import { responseBody } from './responses-body.ts';
import { responsesStream } from './responses-stream.ts';

export const responsesEndpoint: Endpoint = {
  name: 'responses',
  path: '/v1/responses',
  read: readResponsesRequest,
  stream: (_, __, ___, ____, describe) => responsesStream(describe),
  body: ([log], _, describe) => (log === undefined ? 'null' : responseBody(log, describe)),
  bodyTellsFailure: true,
};

export const chatEndpoint: Endpoint = {
  name: 'chat',
  path: '/v1/chat/completions',
  read: readChatRequest,
  stream: ({ includeUsage, request }, choice, head, timing, describe) =>
    chatStream({ includeUsage, choice, head, timing, describe, stopMode: request.terms.output.stopMode }),
  body: chatBody,
  bodyTellsFailure: false,
};
