/** One HTTP request, made once and sent as it is. */

import { type Play, playText } from './play.ts';
import type { Api, Running } from './subject.ts';

const paths: Readonly<Record<Api, string>> = {
  responses: '/v1/responses',
  'responses-whole': '/v1/responses',
  chat: '/v1/chat/completions',
  'chat-whole': '/v1/chat/completions',
  models: '/v1/models',
};

const bodyOf = (api: Api, text: string): object => {
  const stream = !api.endsWith('-whole');
  return api.startsWith('chat')
    ? { model: 'codex-5', stream, messages: [{ role: 'user', content: text }] }
    : { model: 'codex-5', stream, input: text };
};

export function requestText(
  { port, headers }: Pick<Running, 'port' | 'headers'>,
  api: Api,
  play: Play,
  more = '',
): string {
  const lines = [`host: 127.0.0.1:${port}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (api === 'models') return `GET ${paths[api]} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  const body = JSON.stringify(bodyOf(api, playText(play) + more));
  lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return `POST ${paths[api]} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
