/** The two endpoints that generate. */

import { chatBody } from './chat-body.ts';
import { chatStream } from './chat-stream.ts';
import type { Endpoint } from './endpoint.ts';
import { readChatRequest } from './requests/chat.ts';
import { readResponsesRequest } from './requests/responses.ts';
import { responseBody } from './responses-body.ts';
import { responsesStream } from './responses-stream.ts';

export const responsesEndpoint: Endpoint = {
  read: readResponsesRequest,
  stream: (_, __, ___, describe) => responsesStream(describe),
  body: ([log], _, describe) => (log === undefined ? 'null' : responseBody(log, describe)),
  bodyTellsFailure: true,
};

export const chatEndpoint: Endpoint = {
  read: readChatRequest,
  stream: ({ includeUsage }, choice, head, describe) => chatStream({ includeUsage, choice, head, describe }),
  body: chatBody,
  bodyTellsFailure: false,
};
