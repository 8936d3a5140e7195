/**
 * The anomalous sequences again, over HTTP and with processes: of each row a few of its generated scripts, in all four ways to read.
 * Left out is what takes longer than a test waits, and what is done to a process from outside; those rows have tests of their own.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { receive } from '../sequences/received.ts';
import { deadly, overlong } from '../sequences/excuses.ts';
import { sessionLimits as limits, type Scene } from '../sequences/session.ts';
import { rowNames, sessions } from '../sequences/sessions.ts';
import { Oracle } from '../sequences/truth.ts';
import { isChat, isStream, type Mode, modes } from '../world/modes.ts';
import { readTable } from './rows.ts';
import { type Answer, type Server, startServer } from './server.ts';

const seed = 20_261_130;
const drawnOfRow = 24;
const playedOfRow = 2;
const longestMs = 1_500;

const { rows } = readTable();
const predicted = (scene: Scene) => new Oracle(scene.answered === undefined).predict(scene.steps);

/** A process that has to be killed takes its time. */
const slow = (scene: Scene): boolean => overlong(scene) || scene.steps.some((step) => step.do === 'closeStdout');

const isPlain = (scene: Scene): boolean => scene.harm === undefined && scene.client.length === 0 && !slow(scene);

const scenesOf = (row: string): readonly Scene[] =>
  fc
    .sample(sessions([row]), { seed, numRuns: drawnOfRow })
    .filter(({ processes }) => processes.length === 0)
    .flatMap(({ scenes }) => scenes.slice(0, 1))
    .filter((scene) => scene.row === row && isPlain(scene))
    .filter((scene) => {
      const { endsMs, retried } = predicted(scene);
      return endsMs <= longestMs && !retried;
    })
    .slice(0, playedOfRow);

const said = ({ steps, answered, interrupt }: Scene): string =>
  marker('play', { script: JSON.stringify({ steps, answer: answered, interrupt }) });

let server: Server;
beforeAll(async () => {
  server = await startServer({
    WORKER_BACKOFF_INITIAL_MS: '1',
    WORKER_BACKOFF_MAX_MS: '1',
    WORKER_COMPLETION_GRACE_MS: '300',
    WORKER_RESTART_MAX: '10000',
    WORKER_SHUTDOWN_GRACE_MS: '100',
    WORKER_LINE_BYTES_MAX: String(limits.lineBytesMax),
  });
});
afterAll(() => server.gateway.stop());

const asked = (mode: Mode, text: string): Promise<Answer> => {
  const stream = isStream(mode);
  if (!isChat(mode)) return server.resp({ input: text, stream });
  return server.chat({ messages: [{ role: 'user', content: text }], stream });
};

const played = rowNames.flatMap((row) => {
  const scenes = scenesOf(row);
  return scenes.length === 0 ? [] : [[row, rows.find((one) => one.row === row)?.feature ?? '', scenes] as const];
});

const check = async (mode: Mode, scene: Scene): Promise<void> => {
  const { code, finish, text, calls } = predicted(scene);
  const answer = await asked(mode, said(scene));
  const received = receive(mode, answer.status, Buffer.from(answer.text), true);
  const ended = { mode, code, finish: code === null ? finish : null };
  expect({ mode, code: received.code, finish: received.finish }).toEqual(ended);
  if (code === null) expect({ mode, text: received.text, calls: received.calls }).toEqual({ mode, text, calls });
};

const restarts = async (): Promise<number> => {
  const { json } = await server.get('/readyz');
  return json.ok === true ? json.health.readiness.details.restarts_total : -1;
};

/** A worker that dies takes along whatever it does for others, and whoever comes before its death is known. */
const checkAlone = async (mode: Mode, scene: Scene): Promise<void> => {
  const before = await restarts();
  await check(mode, scene);
  while ((await restarts()) <= before) await new Promise((resolve) => setTimeout(resolve, 10));
};

test.each(played)('%s: over HTTP: %s', async (_, __, scenes) => {
  for (const scene of scenes) {
    await server.until('/readyz', 200);
    if (!deadly(scene)) await Promise.all(modes.map((mode) => check(mode, scene)));
    else for (const mode of modes) await checkAlone(mode, scene);
  }
});

test('most rows can be played over HTTP', () => {
  expect(played.length).toBeGreaterThan(40);
});
