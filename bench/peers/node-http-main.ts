/** The gateway that a user would write on `node:http`. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ChatBody, modelList, streamChat, wholeChat } from './naive-chat.ts';
import { NaiveCodex } from './naive-codex.ts';
import { type ResponsesBody, streamResponse, wholeResponse } from './naive-responses.ts';
import { announce, backlog, bodyBytesMax, endWith, readPeerSettings } from './peer-settings.ts';

const settings = readPeerSettings(process.env);
const codex = await NaiveCodex.start(settings.codexBin, settings.workers);

async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > bodyBytesMax) throw new Error('the body is too large');
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const json = (res: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
};

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method === 'GET' && req.url === '/v1/models') return json(res, 200, modelList(codex));
  if (req.method === 'POST' && req.url === '/v1/chat/completions') {
    const body = (await readBody(req)) as ChatBody;
    return body.stream === true ? streamChat(codex, body, res) : json(res, 200, await wholeChat(codex, body));
  }
  if (req.method === 'POST' && req.url === '/v1/responses') {
    const body = (await readBody(req)) as ResponsesBody;
    return body.stream === true ? streamResponse(codex, body, res) : json(res, 200, await wholeResponse(codex, body));
  }
  json(res, 404, { error: { message: 'Not found', type: 'invalid_request_error' } });
}

const server = createServer((req, res) => {
  answer(req, res).catch((error: unknown) => {
    if (res.headersSent) res.destroy();
    else json(res, 500, { error: { message: (error as Error).message, type: 'server_error' } });
  });
});
endWith(codex);
server.listen({ port: settings.port, host: '127.0.0.1', backlog }, () => {
  announce((server.address() as AddressInfo).port);
});
