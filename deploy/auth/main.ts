/**
 * The ForwardAuth service: an edge asks it at `/verify` whether a request holds the key, before the gateway sees any of it. It
 * shares the image with the gateway and nothing else; the gateway checks the key itself all the same. Invariants: there is a limit
 * on everything a caller can send or hold, bodies are not read, and on SIGTERM answers that have begun are finished.
 *
 *   PROXY_API_KEY=… node deploy/auth/main.ts      PORT (8080), PROXY_HOST (127.0.0.1), AUTH_REALM (api), PROXY_CORS_ALLOWED_ORIGINS
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { type AuthSettings, readSettings } from './settings.ts';
import { verify } from './verify.ts';

const drainMs = 5_000;
/** Edges keep idle connections for up to 90 s: whoever closes first must not be this side, or a request is lost. */
const keepAliveMs = 95_000;
const limits = {
  maxHeaderSize: 32_768,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: keepAliveMs,
  connectionsCheckingInterval: 1_000,
} as const;
const headersMax = 100;
const connectionsMax = 1_024;

let draining = false;

function answer(request: IncomingMessage, response: ServerResponse, settings: AuthSettings): void {
  const { authorization = '', origin = '' } = request.headers;
  const { status, headers, body } = verify(
    {
      method: request.method ?? '',
      target: request.url ?? '',
      authorization,
      origin,
      requestHeaders: request.headers['access-control-request-headers'] ?? '',
    },
    settings,
  );
  const hasBody = 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
  const text = body === null ? '' : JSON.stringify(body);
  const type = body === null ? {} : { 'content-type': 'application/json; charset=utf-8' };
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(text)) };
  // What is left of a body is not waited for.
  const connection = hasBody || draining ? { connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...type, ...length, ...connection }).end(text);
}

function serve(settings: AuthSettings): void {
  const server = createServer(limits, (request, response) => answer(request, response, settings));
  server.maxHeadersCount = headersMax;
  server.maxConnections = connectionsMax;
  server.once('error', (error) => {
    console.error(`forward-auth: ${error.message}`);
    process.exitCode = 1;
  });
  server.listen(settings.port, settings.host, () => {
    const { address, port } = server.address() as AddressInfo;
    console.log(`forward-auth: listening on http://${address.includes(':') ? `[${address}]` : address}:${port}`);
    if (settings.keyDigest === null) console.error('forward-auth: PROXY_API_KEY is not set: nobody is let in');
  });
  const drain = (): void => {
    if (draining) return;
    draining = true;
    setTimeout(() => server.closeAllConnections(), drainMs).unref();
    server.close(() => console.log('forward-auth: drained'));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, drain);
}

try {
  serve(readSettings(process.env));
} catch (error) {
  console.error(`forward-auth: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
