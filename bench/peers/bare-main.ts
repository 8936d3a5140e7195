/**
 * The bare server as a program. Invariant: a frame is a write of its own, corked as uWebSockets.js wants it; frames are made
 * beforehand but for the stamp, so that nothing is measured but the writing.
 */

import process from 'node:process';
import { loadUws } from '../../http/uws.ts';
import type { HttpResponse } from '../../http/uws-types.ts';
import {
  chatDelta,
  chatHead,
  chatTail,
  chatWhole,
  headers,
  responsesDelta,
  responsesHead,
  responsesTail,
  responsesWhole,
} from '../frames.ts';
import { burst, fillerOf, type Play, readPlay, stamp } from '../play.ts';
import { createPacer } from '../shim/pacer.ts';

const models = JSON.stringify({
  object: 'list',
  data: Array.from({ length: 13 }, (_, index) => ({
    id: `gpt-6.1-model-${index}`,
    object: 'model',
    created: 1_796_053_878,
    owned_by: 'openai',
  })),
});
const firstDelta = 4;

const after = (delayMs: number, fire: () => void): (() => void) => {
  if (delayMs > 0) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  }
  const immediate = setImmediate(fire);
  return () => clearImmediate(immediate);
};
const pacer = createPacer({ now: () => performance.now(), after });

/** The frame of a delta, cut where the stamp goes; numbers have the width of the first. */
interface Frames {
  readonly head: string;
  readonly before: string;
  readonly behind: string;
  readonly tail: (text: string) => string;
}

function framesOf(chat: boolean, play: Play): Frames {
  const delta = chat ? chatDelta(`\n${fillerOf(play)}`) : responsesDelta(`\n${fillerOf(play)}`, firstDelta);
  const at = delta.indexOf('"\n') + 1;
  return {
    head: chat ? chatHead : responsesHead,
    before: delta.slice(0, at),
    behind: delta.slice(at + 1),
    tail: (text) => (chat ? chatTail : responsesTail(text, firstDelta + play.deltas)),
  };
}

function stream(response: HttpResponse, chat: boolean, play: Play): void {
  const { head, before, behind, tail } = framesOf(chat, play);
  const filler = fillerOf(play);
  let left = play.deltas;
  let gone = false;
  const said: string[] = [];
  response.cork(() => {
    begin(response, 'text/event-stream; charset=utf-8');
    response.write(head);
  });
  const stop = pacer.start(play, () => {
    for (let each = 0; each < play.batch && left > 0 && !gone; each += 1) {
      left -= 1;
      const stamped = stamp();
      said.push(stamped);
      response.cork(() => void response.write(before + stamped + behind));
    }
    if (gone) return false;
    if (left > 0) return true;
    const text = said.join(filler) + filler;
    response.cork(() => void response.end(tail(text)));
    return false;
  });
  response.onAborted(() => {
    gone = true;
    stop();
  });
}

function begin(response: HttpResponse, type: string): void {
  response.writeStatus('200 OK').writeHeader('content-type', type);
  for (const name in headers) response.writeHeader(name, headers[name] ?? '');
  response.writeHeader('date', 'Mon, 30 Nov 2026 15:51:18 GMT');
}

const whole = (response: HttpResponse, text: string): void =>
  void response.cork(() => {
    begin(response, 'application/json');
    response.end(text);
  });

const { uws } = loadUws();
const app = uws.App();
app.any('/*', (response, request) => {
  const url = request.getUrl();
  if (request.getMethod() === 'get') return whole(response, models);
  const chat = url.endsWith('/chat/completions');
  let body = '';
  response.onAborted(() => {});
  response.onData((bytes, isLast) => {
    body += Buffer.from(bytes).toString('latin1');
    if (!isLast) return;
    const play = readPlay(body) ?? burst(4);
    if (body.includes('"stream":true')) return stream(response, chat, play);
    const text = (stamp() + fillerOf(play)).repeat(play.deltas);
    whole(response, chat ? chatWhole(text) : responsesWhole(text));
  });
});
app.listen('127.0.0.1', 0, 0, (socket) => {
  if (socket === false) throw new Error('no port to listen on');
  process.stdout.write(`listening ${uws.us_socket_local_port(socket)}\n`);
});
process.on('SIGTERM', () => process.exit(0));
