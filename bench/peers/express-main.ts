/** The gateway that a user would write with Express. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { type ChatBody, modelList, streamChat, wholeChat } from './naive-chat.ts';
import { NaiveCodex } from './naive-codex.ts';
import { type ResponsesBody, streamResponse, wholeResponse } from './naive-responses.ts';
import { announce, backlog, bodyBytesMax, endWith, readPeerSettings } from './peer-settings.ts';

const settings = readPeerSettings(process.env);
const codex = await NaiveCodex.start(settings.codexBin, settings.workers);

const app = express();
app.use(express.json({ limit: bodyBytesMax }));
app.get('/v1/models', (_req, res) => {
  res.json(modelList(codex));
});
app.post('/v1/chat/completions', async (req, res) => {
  const body = req.body as ChatBody;
  if (body.stream === true) await streamChat(codex, body, res);
  else res.json(await wholeChat(codex, body));
});
app.post('/v1/responses', async (req, res) => {
  const body = req.body as ResponsesBody;
  if (body.stream === true) await streamResponse(codex, body, res);
  else res.json(await wholeResponse(codex, body));
});
app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
  if (res.headersSent) next(error);
  else res.status(500).json({ error: { message: error.message, type: 'server_error' } });
});

const server = createServer(app);
endWith(codex);
server.listen({ port: settings.port, host: '127.0.0.1', backlog }, () => {
  announce((server.address() as AddressInfo).port);
});
