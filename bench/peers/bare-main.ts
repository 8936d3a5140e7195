/**
 * The bare server as a program. Invariant: a frame is a write of its own, corked as uWebSockets.js wants it, or, with
 * `BENCH_COALESCE=1`, all that is due of a stream is; frames are made beforehand but for the stamp, so that nothing is measured
 * but the writing; and who does not read is not written to.
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
  modelList,
  responsesDelta,
  responsesHead,
  responsesTail,
  responsesWhole,
} from '../frames.ts';
import { burst, fillerOf, type Play, readPlay, stamp } from '../play.ts';
import { createPacer, processTime } from '../shim/pacer.ts';

const firstDelta = 4;
const coalesce = process.env['BENCH_COALESCE'] === '1';

const pacer = createPacer(processTime);

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
  let due = 0;
  let written = 0;
  /** Nobody reads: not now, or no more. */
  let full = false;
  const said: string[] = [];
  response.cork(() => {
    begin(response, blocks.stream);
    full = !response.write(head);
  });
  /** A cork of its own for each: what is corked together leaves together. */
  const leave = (bytes: string): void =>
    void response.cork(() => {
      full = !response.write(bytes);
    });
  const write = (): void => {
    let gathered = '';
    while (written < due && !full) {
      written += 1;
      const stamped = stamp();
      said.push(stamped);
      if (coalesce) gathered += before + stamped + behind;
      else leave(before + stamped + behind);
    }
    if (gathered !== '') leave(gathered);
    if (written === play.deltas && !full) response.cork(() => void response.end(tail(said.join(filler) + filler)));
  };
  const stop = pacer.start(play, () => {
    due = Math.min(play.deltas, due + play.batch);
    if (!full) write();
    return due < play.deltas;
  });
  response.onWritable(() => {
    full = false;
    write();
    return true;
  });
  response.onAborted(() => {
    full = true;
    stop();
  });
}

/** All of them behind the first one, as the gateway does: a call costs more than its bytes. */
const blockOf = (type: string): string =>
  [type, ...Object.entries({ ...headers, date: 'Mon, 30 Nov 2026 15:51:18 GMT' }).map((one) => one.join(': '))].join(
    '\r\n',
  );
const blocks = {
  stream: blockOf('text/event-stream; charset=utf-8'),
  whole: blockOf('application/json; charset=utf-8'),
};

const begin = (response: HttpResponse, block: string): void =>
  void response.writeStatus('200 OK').writeHeader('content-type', block);

const whole = (response: HttpResponse, text: string): void =>
  void response.cork(() => {
    begin(response, blocks.whole);
    response.end(text);
  });

const { uws } = loadUws();
const app = uws.App();
app.any('/*', (response, request) => {
  const url = request.getUrl();
  if (request.getMethod() === 'get') return whole(response, modelList);
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
