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
  stream: () => responsesStream(),
  body: ([log]) => (log === undefined ? 'null' : responseBody(log)),
  bodyTellsFailure: true,
};

export const chatEndpoint: Endpoint = {
  read: readChatRequest,
  stream: ({ includeUsage }, choice, head) => chatStream({ includeUsage, choice, head }),
  body: chatBody,
  bodyTellsFailure: false,
};
