/**
 * A `codex app-server` for benchmarks: the fake of `testkit/app-server` answers what is rare; threads and turns are filled-in
 * templates, so that thousands of them cost half a core less than the gateway. What a turn says is in its prompt (`play.ts`).
 * Invariant: everything of one turn of the event loop leaves in one write, and who does not read is not written to.
 */

import { type AppServer, createAppServer } from '../../testkit/app-server/core.ts';
import type { Clock } from '../../testkit/app-server/clock.ts';
import type { JsonObject } from '../../testkit/app-server/lines.ts';
import { asObject, asString } from '../../testkit/app-server/serde.ts';
import { burst, fillerOf, type Play, readPlay, stamp } from '../play.ts';
import type { Pacer } from './pacer.ts';
import { type Recording, record } from './recording.ts';
import type { Values } from './template.ts';

export interface ShimOptions {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** One or more whole lines, each with its end. */
  readonly emit: (lines: string) => void;
  readonly exit: (code: number | null) => void;
  readonly pid: number;
  readonly codexHome: string;
  readonly models?: readonly JsonObject[];
}

export interface Shim {
  receive(line: string): void;
  end(): void;
}

interface Thread {
  readonly id: string;
  play: Play;
  /** Null: no turn runs. */
  stop: (() => void) | null;
  turn: string;
}

const unsaid = burst(4);
/** Everything else in one of the recorded ids is the pid and a counter. */
const uuid = (pid: number, count: number): string =>
  `01a22d27-${(pid & 0xffff).toString(16).padStart(4, '0')}-7000-8000-${count.toString(16).padStart(12, '0')}`;

export function createShim({ clock, pacer, emit, exit, pid, codexHome, models }: ShimOptions): Shim {
  const threads = new Map<string, Thread>();
  let turns = 0;
  let minted = 0;
  let initialize: JsonObject = {};
  let recording: Recording | null = null;
  const mint = (): string => uuid(pid, ++minted);

  const rare: AppServer = createAppServer({
    clock,
    pid,
    codexHome,
    ...(models === undefined ? {} : { models }),
    residentBytes: () => process.memoryUsage.rss(),
    gauges: {
      get 'core.threads.live'() {
        return threads.size;
      },
      get 'core.turns.active'() {
        return turns;
      },
    },
    sink: { emit: (line) => emit(`${line}\n`), bytes: () => {}, exit, closeStdout: () => {} },
  });

  const values = (id: unknown, thread: string, more: Partial<Values> = {}): Values => {
    const nowMs = clock.now();
    return {
      id: JSON.stringify(id),
      thread,
      turn: '',
      item: '',
      echo: '',
      text: '',
      ms: String(nowMs),
      seconds: String(Math.floor(nowMs / 1_000)),
      ...more,
    };
  };
  const startThread = (id: unknown, params: JsonObject): void => {
    recording ??= record(initialize, params);
    const thread: Thread = { id: mint(), play: unsaid, stop: null, turn: '' };
    threads.set(thread.id, thread);
    emit(recording.thread(values(id, thread.id)));
  };
  const inject = (lines: Recording, id: unknown, thread: Thread, line: string): void => {
    thread.play = readPlay(line) ?? thread.play;
    const at = line.lastIndexOf('"text":"');
    const text = at < 0 ? '' : line.slice(at + 8, line.indexOf('"', at + 8));
    emit(lines.injected(values(id, thread.id, { echo: `msg_${mint()}`, text })));
  };
  const startTurn = (lines: Recording, id: unknown, thread: Thread, line: string): void => {
    // The gateway injects the prompt, simpler clients hand it over here.
    thread.play = readPlay(line) ?? thread.play;
    const { play } = thread;
    const item = `msg_${++minted}_0`;
    thread.turn = mint();
    turns += 1;
    emit(lines.turn(values(id, thread.id, { turn: thread.turn })));
    const about = { turn: thread.turn, item };
    // One string for the whole turn, so that a delta costs two concatenations.
    const [head = '', tail = ''] = lines.delta(values('', thread.id, { ...about, text: '\n' })).split('\n');
    const filler = fillerOf(play);
    const said: string[] = [];
    let left = play.deltas;
    let begun = false;
    thread.stop = pacer.start(play, () => {
      const now = Math.min(left, play.batch);
      const text = stamp() + filler;
      left -= now;
      said.push(text.repeat(now));
      let written = `${head}${text}${tail}\n`.repeat(now);
      if (!begun) written = lines.opened(values('', thread.id, about)) + written;
      begun = true;
      if (left > 0) {
        emit(written);
        return true;
      }
      thread.stop = null;
      turns -= 1;
      emit(written + lines.completed(values('', thread.id, { ...about, text: said.join('') })));
      return false;
    });
  };
  const interrupt = (lines: Recording, id: unknown, thread: Thread): void => {
    if (thread.stop === null) return emit(`{"id":${JSON.stringify(id)},"result":{}}\n`);
    thread.stop();
    thread.stop = null;
    turns -= 1;
    emit(lines.interrupted(values(id, thread.id, { turn: thread.turn })));
  };
  const close = (lines: Recording, id: unknown, thread: Thread): void => {
    if (thread.stop !== null) {
      thread.stop();
      turns -= 1;
    }
    threads.delete(thread.id);
    emit(lines.closed(values(id, thread.id)));
  };

  return {
    receive(line) {
      const message = asObject(JSON.parse(line));
      const { method, id } = message;
      const params = asObject(message['params']);
      if (method === 'initialize') initialize = params;
      if (method === 'thread/start') return startThread(id, params);
      const thread = threads.get(asString(params['threadId']));
      if (thread === undefined || recording === null) return rare.receive(line);
      if (method === 'thread/inject_items') return inject(recording, id, thread, line);
      if (method === 'turn/start') return startTurn(recording, id, thread, line);
      if (method === 'turn/interrupt') return interrupt(recording, id, thread);
      if (method === 'thread/unsubscribe') return close(recording, id, thread);
      rare.receive(line);
    },
    end: () => rare.end(),
  };
}
