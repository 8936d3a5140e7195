/**
 * One plain turn of `testkit/app-server`, played once and cut into templates. Invariant: what the shim writes is what the fake
 * would, which is held to the real CLI; only ids, texts and times are its own.
 */

import { createManualClock } from '../../testkit/app-server/clock.ts';
import { createAppServer } from '../../testkit/app-server/core.ts';
import type { JsonObject } from '../../testkit/app-server/lines.ts';
import { asObject, asString } from '../../testkit/app-server/serde.ts';
import { type Template, templateOf, type Values } from './template.ts';

export interface Recording {
  /** Answer to `thread/start`. */
  readonly thread: Template;
  /** Answer to `thread/inject_items`, and the echo of one text. */
  readonly injected: Template;
  /** Answer to `turn/start`. */
  readonly turn: Template;
  /** From there to the first delta. */
  readonly opened: Template;
  readonly delta: Template;
  /** From the last delta to the end of the turn. */
  readonly completed: Template;
  readonly interrupted: Template;
  /** Answer to `thread/unsubscribe`, and that the thread is closed. */
  readonly closed: Template;
}

const startMs = 1_790_000_000_000;
const said = 'SAID-BY-THE-MODEL';
const asked = 'SAID-BY-THE-USER';

/** `initialize` and `start`: the params of the client, which decide what it is told. */
export function record(initialize: JsonObject, start: JsonObject): Recording {
  const clock = createManualClock(startMs);
  let lines: string[] = [];
  const server = createAppServer({
    clock,
    sink: { emit: (line) => void lines.push(line), bytes: () => {}, exit: () => {}, closeStdout: () => {} },
    play: () => ({
      steps: [
        { do: 'delta', text: said },
        { do: 'barrier', key: 'end' },
        { do: 'close' },
        { do: 'sampled', usage: { input: 8, cached: 0, output: 6, reasoning: 0 } },
        { do: 'settle' },
        { do: 'complete', status: 'completed' },
      ],
    }),
  });
  const gather = (act: () => void): readonly string[] => {
    lines = [];
    act();
    clock.settle();
    return lines;
  };
  const ask = (id: string, method: string, params: JsonObject): readonly string[] =>
    gather(() => server.receive(JSON.stringify({ method, id, params })));
  const parsed = (line: string | undefined): JsonObject => asObject(JSON.parse(line ?? '{}'));
  const items = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: asked }] }];

  ask('initialize', 'initialize', initialize);
  /** A turn up to its first delta. */
  const begin = () => {
    const thread = ask('a-thread', 'thread/start', start);
    const threadId = asString(asObject(asObject(parsed(thread[0])['result'])['thread'])['id']);
    const injected = ask('an-injection', 'thread/inject_items', { threadId, items });
    const started = ask('a-turn', 'turn/start', { threadId, input: [] });
    const answered = started.findIndex((line) => parsed(line)['id'] === 'a-turn');
    const turnId = asString(asObject(asObject(parsed(started[answered])['result'])['turn'])['id']);
    const params = started.map((line) => asObject(parsed(line)['params']));
    const at = params.findIndex((one) => one['delta'] === said);
    if (at <= answered || answered < 0) throw new Error(`the fake does not play a plain turn: ${started.join('\n')}`);
    const echo = asString(asObject(asObject(parsed(injected[1])['params'])['item'])['id']);
    return {
      thread,
      threadId,
      injected,
      started,
      answered,
      turnId,
      at,
      itemId: asString(params[at]?.['itemId']),
      echo,
    };
  };
  const first = begin();
  const completed = gather(() => server.release('end'));
  const closed = ask('a-farewell', 'thread/unsubscribe', { threadId: first.threadId });
  const second = begin();
  const interrupted = ask('a-stop', 'turn/interrupt', { threadId: second.threadId, turnId: second.turnId });

  const cut = (id: string, about: typeof first, of: readonly string[], text = said): Template => {
    const values: Values = {
      id: JSON.stringify(id),
      thread: about.threadId,
      turn: about.turnId,
      item: about.itemId,
      echo: about.echo,
      text,
      ms: String(startMs),
      seconds: String(startMs / 1_000),
    };
    return templateOf(of.map((line) => `${line}\n`).join(''), values);
  };
  return {
    thread: cut('a-thread', first, first.thread),
    injected: cut('an-injection', first, first.injected, asked),
    turn: cut('a-turn', first, first.started.slice(0, first.answered + 1)),
    opened: cut('', first, first.started.slice(first.answered + 1, first.at)),
    delta: cut('', first, first.started.slice(first.at, first.at + 1)),
    completed: cut('', first, completed),
    interrupted: cut('a-stop', second, interrupted),
    closed: cut('a-farewell', first, closed),
  };
}
