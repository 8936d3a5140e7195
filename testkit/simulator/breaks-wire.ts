/** Defects of the talk with the workers: lines, ids, threads, pipes. */

import { filter } from 'rxjs';
import { Conversations } from '../../transport/conversations.ts';
import { LineSplitter } from '../../transport/lines.ts';
import { RpcPeer } from '../../transport/rpc.ts';
import { type Break, only, piping, small } from './break.ts';

type Receive = (this: RpcPeer, line: string) => void;

/** Lines are received otherwise; one memory for each peer. */
const receiving = <M extends object>(
  memory: () => M,
  receive: (line: string, told: M, go: (line: string) => void) => void,
) => {
  const original: Receive = RpcPeer.prototype.receive;
  const memories = new WeakMap<RpcPeer, M>();
  RpcPeer.prototype.receive = function (this: RpcPeer, line) {
    const told = memories.get(this) ?? memory();
    memories.set(this, told);
    receive(line, told, (one) => original.call(this, one));
  };
  return () => {
    RpcPeer.prototype.receive = original;
  };
};

const threadOf = (line: string): string | undefined => /"threadId":"([^"]+)"/.exec(line)?.[1];
const turnOf = (line: string): string | undefined => /"turnId":"([^"]+)"/.exec(line)?.[1];

export const wireBreaks: readonly Break[] = [
  {
    name: 'write-error',
    rows: ['W-26'],
    about: 'a write to a worker that is gone is an exception',
    seams: () => ({
      spawner: (spawner) => (spec, events) => {
        const process = spawner(spec, events);
        return {
          pid: process.pid,
          end: () => process.end(),
          kill: () => process.kill(),
          write: (text) => {
            if ('disturbed' in process && process.disturbed === true) throw new Error('write EPIPE');
            return process.write(text);
          },
        };
      },
    }),
    mix: small({ mishaps: ['life.stdin_closes'] }),
    responses: 60,
    expects: /EPIPE|internal_error/,
  },
  {
    name: 'spawn-error',
    rows: ['W-27'],
    about: 'a worker that cannot be started is an exception',
    seams: () => ({
      spawner: (spawner) => (spec, events) => {
        const process = spawner(spec, events);
        if (process.pid === null) throw new Error('spawn EAGAIN');
        return process;
      },
    }),
    mix: small({ births: ['birth.fails'], birthChance: 0.5 }),
    responses: 20,
    expects: /^bug: spawn EAGAIN/,
  },
  {
    name: 'null-line',
    rows: ['W-29'],
    about: 'a line that is JSON but no object is an exception',
    patch: () =>
      receiving(
        () => ({}),
        (line, _, go) => {
          if (line === 'null') throw new TypeError("Cannot read properties of null (reading 'method')");
          go(line);
        },
      ),
    mix: only('line.garbage'),
    responses: 10,
    expects: /Cannot read properties of null/,
  },
  {
    name: 'submits-twice',
    rows: ['W-31'],
    about: 'every turn is submitted twice',
    seams: () => ({
      launcher: (launcher) => ({
        ...launcher,
        launch: (slot, epoch) => {
          const { output, facts, send } = launcher.launch(slot, epoch);
          return {
            output,
            facts,
            send: (command) => {
              if (command.type === 'turn.start') send(command);
              send(command);
            },
          };
        },
      }),
    }),
    mix: small({}),
    responses: 10,
    expects: /^C-41: .* submitted twice/,
  },
  {
    name: 'late-delta-to-another',
    rows: ['W-32'],
    about: 'words for a thread that is gone are given to the one that is active',
    patch: () => {
      const { notified } = Conversations.prototype;
      const last = new WeakMap<Conversations, string>();
      Conversations.prototype.notified = function (this: Conversations, threadId, method, params) {
        if (this.has(threadId)) last.set(this, threadId);
        const active = last.get(this) ?? threadId;
        if (this.has(threadId) || method !== 'item/agentMessage/delta')
          return notified.call(this, threadId, method, params);
        return notified.call(this, active, method, { ...params, threadId: active, turnId: undefined });
      };
      return () => {
        Conversations.prototype.notified = notified;
      };
    },
    mix: small({ faultChance: 0.5, turns: ['delta.unknown_thread', 'delta.late'] }),
    responses: 100,
    expects: /^(I-1: .* the text|outcome: .* ended as stream_disconnected)/,
  },
  {
    name: 'threadless-delta',
    rows: ['W-33'],
    about: 'words without a thread are given to the one that is active',
    patch: () =>
      receiving(
        () => ({ thread: '', turn: '' }),
        (line, told, go) => {
          const thread = threadOf(line);
          if (thread !== undefined) {
            told.thread = thread;
            told.turn = turnOf(line) ?? told.turn;
            return go(line);
          }
          if (!line.startsWith('{"method":"item/agentMessage/delta"')) return go(line);
          const turned = line.replace(/"turnId":"[^"]+"/, `"turnId":"${told.turn}"`);
          go(turned.replace('"params":{', `"params":{"threadId":"${told.thread}",`));
        },
      ),
    mix: only('delta.no_thread'),
    responses: 20,
    expects: /^(I-1: .* the text|outcome: .* ended as stream_disconnected)/,
  },
  {
    name: 'ids-collide',
    rows: ['W-34'],
    about: 'a request of a worker swallows the answer to ours that has the same id',
    patch: () =>
      receiving(
        () => ({ taken: new Set<string>() }),
        (line, { taken }, go) => {
          const id = /^\{(?:"method":"[^"]+",|"error".*)?"id":(\d+)/.exec(line)?.[1];
          if (id !== undefined && line.startsWith('{"method"')) taken.add(id);
          else if (id !== undefined && taken.delete(id)) return;
          go(line);
        },
      ),
    mix: small({ faultChance: 0.5, turns: ['request.asks'], births: ['birth.same_ids'], birthChance: 1, burst: 60 }),
    responses: 200,
    expects: /^(outcome|I-\d+): /,
  },
  {
    name: 'questions-unanswered',
    rows: ['W-35'],
    about: 'what a worker asks of us is not answered',
    seams: piping((text) =>
      text
        .split('\n')
        .filter((line) => !line.includes('"error":{"code":-32601'))
        .join('\n'),
    ),
    mix: only('request.asks'),
    responses: 20,
    expects: /^A-46: .* was not answered/,
  },
  {
    name: 'threads-kept',
    rows: ['W-39'],
    about: 'the thread of a response is never closed',
    seams: piping((text, events) => {
      const kept: string[] = [];
      for (const line of text.split('\n')) {
        const id = /^\{"method":"thread\/unsubscribe","id":(\d+)/.exec(line)?.[1];
        if (id === undefined) kept.push(line);
        else queueMicrotask(() => events.stdout(Buffer.from(`{"id":${id},"result":{"status":"notLoaded"}}\n`)));
      }
      return kept.join('\n');
    }),
    mix: small({ burst: 4 }),
    responses: 60,
    expects: /^I-8: .* threads/,
  },
  {
    name: 'handshake-unheard',
    rows: ['W-38'],
    about: 'a worker that refuses to initialize is waited for all the same',
    seams: () => ({
      launcher: (launcher) => ({
        ...launcher,
        launch: (slot, epoch) => {
          const { output, facts, send } = launcher.launch(slot, epoch);
          return { output, send, facts: facts.pipe(filter((fact) => fact.type !== 'handshake.failed')) };
        },
      }),
    }),
    mix: small({ births: ['birth.refuses'], birthChance: 0.5 }),
    responses: 40,
    expects: /^A-64: /,
  },
  {
    name: 'characters-torn',
    rows: [],
    about: 'each chunk of output is decoded by itself',
    seams: piping(
      (text) => text,
      (events) => ({ stdout: (chunk) => events.stdout(Buffer.from(chunk.toString('utf8'))) }),
    ),
    mix: small({ births: ['birth.fragments'] }),
    responses: 400,
    expects: /^I-1: .* the text/,
  },
  {
    name: 'chunks-are-lines',
    rows: [],
    about: 'a chunk of output is taken for whole lines',
    patch: () => {
      const { read } = LineSplitter.prototype;
      LineSplitter.prototype.read = (chunk, { line }) => {
        for (const text of chunk.toString('utf8').split('\n')) if (text !== '') line(text);
      };
      return () => {
        LineSplitter.prototype.read = read;
      };
    },
    mix: small({ births: ['birth.fragments'] }),
    responses: 30,
    expects: /^(outcome|I-\d+): /,
  },
  {
    name: 'drained-unheard',
    rows: [],
    about: 'a pipe that was full once is never written to again',
    seams: piping(
      (text) => text,
      () => ({ drained: () => undefined }),
    ),
    mix: small({
      births: ['birth.narrow_pipe'],
      burst: 60,
      // A turn that nobody has accepted gets another worker; one that was left cannot even be interrupted.
      clients: ['client.leaves_at_once', 'client.leaves'],
      clientChance: 0.8,
    }),
    responses: 200,
    expects: /^(outcome|I-\d+): /,
  },
];
