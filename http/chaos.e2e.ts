/**
 * Chaos on the real thing: three real workers before the fake provider are killed, stopped, starved and corrupted while real
 * clients stream, and the provider fails as well. Afterwards every response has had exactly one outcome, every slot is free,
 * and the gateway holds what it held before. What is done, and to whom, follows from the seed that is printed; when it is
 * done follows from the answers that end, so nothing depends on the speed of the machine. `CHAOS_SEED` repeats a run.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Dialect, stream, streamed } from '../testkit/answers.ts';
import { createRandom } from '../testkit/app-server/random.ts';
import { type Ask, askRaw, Crowd } from '../testkit/chaos/crowd.ts';
import { Director } from '../testkit/chaos/director.ts';
import { Pace } from '../testkit/chaos/pace.ts';
import { assertOwn, type Question, Questions, verdict } from '../testkit/chaos/question.ts';
import { childPids, descriptors, heldBytes, livingGroups, settled } from '../testkit/chaos/remains.ts';
import { Taps } from '../testkit/chaos/tap.ts';
import { victims } from '../testkit/chaos/victim.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { untilLoad } from '../testkit/gateway-health.ts';
import { processOf } from '../testkit/process-table.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { WatchedFetch } from '../testkit/watched-fetch.ts';

const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const workers = 3;
const turnsPerWorker = 4;
const slots = workers * turnsPerWorker;
/** More than there are slots, so that some always wait. */
const clients = 16;
/** Before memory is measured for the first time: everything has been done several times, also much of it at once. */
const warmAnswers = 120;
/** It varies by 6 MiB; were the answers of one run kept, it would grow by more than 20. */
const grownBytesMax = 14 * 1_048_576;

const taps = new Taps();
const env = {
  // What is kept on purpose is no leak.
  PROXY_STORE_BYTES_MAX: '65536',
  CODEX_BIN: taps.binary,
  PROXY_WORKER_COUNT: String(workers),
  WORKER_MAX_CONCURRENCY: String(turnsPerWorker),
  WORKER_BACKOFF_INITIAL_MS: '20',
  WORKER_BACKOFF_MAX_MS: '200',
  WORKER_RESTART_MAX: '10000',
  // What is freed goes back to the system at once, so that what is resident is held.
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
  NODE_OPTIONS: `--expose-gc --max-semi-space-size=1 --import=${join(import.meta.dirname, '../testkit/memory-probe.ts')}`,
};

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(env, { workersReady: workers });
});
afterAll(async () => {
  await gateway.stop();
  taps.remove();
});

async function* textsOf(openai: OpenAI, { dialect, prompt }: Question): AsyncGenerator<string> {
  if (dialect === 'chat') {
    const messages = [{ role: 'user' as const, content: prompt }];
    for await (const chunk of await openai.chat.completions.create({ model: 'codex-5', messages, stream: true })) {
      yield chunk.choices[0]?.delta.content ?? '';
    }
  } else {
    for await (const event of await openai.responses.create({ model: 'codex-5', input: prompt, stream: true })) {
      if (event.type === 'response.output_text.delta') yield event.delta;
    }
  }
}

async function wholeText(openai: OpenAI, { dialect, prompt }: Question): Promise<string> {
  if (dialect === 'responses') return (await openai.responses.create({ model: 'codex-5', input: prompt })).output_text;
  const messages = [{ role: 'user' as const, content: prompt }];
  const { choices } = await openai.chat.completions.create({ model: 'codex-5', messages });
  return choices[0]?.message.content ?? '';
}

/** Asks as applications do; what the SDK made of the answer and the bytes of it are both judged. */
const askSdk: Ask = async (question) => {
  const watch = new WatchedFetch();
  const openai = new OpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key, maxRetries: 0, fetch: watch.fetch });
  let text = '';
  let code: string | null = null;
  try {
    if (question.streaming) {
      for await (const delta of textsOf(openai, question)) {
        text += delta;
        if (question.manner === 'leaves') return 'left';
      }
    } else text = await wholeText(openai, question);
  } catch (error) {
    if (!(error instanceof APIError) || typeof error.code !== 'string') throw error;
    ({ code } = error);
  } finally {
    assertOwn(question, text);
    watch.check(code === null && question.manner !== 'leaves' ? 0 : 'some');
  }
  return verdict(question, { text, code });
};

/** Lines of the log. */
const said = (words: string): number => gateway.journal.filter((line) => line.includes(words)).length;

const tally = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

test('a stop of every worker that is shorter than its pulse costs no answer', async () => {
  const { provider } = gateway;
  const text = 'before the stop and after it';
  const prompt = marker('text', { text, n: 4, barrier: 'stop', at: 1 });
  const dialects = Array.from({ length: slots }, (_, at): Dialect => (at % 2 === 0 ? 'responses' : 'chat'));
  const streams = dialects.map((dialect) => ({ dialect, client: stream(gateway, dialect, prompt) }));
  await Promise.all(streams.map(({ client }) => client.until('before')));

  const all = victims(gateway, taps);
  expect(all).toHaveLength(workers);
  for (const victim of all) victim.signal('SIGSTOP');
  provider.release('stop');
  // All has been said to workers that cannot hear it.
  await provider.until(({ activeStreams }) => activeStreams === 0);
  for (const victim of all) victim.signal('SIGCONT');
  for (const { dialect, client } of streams) {
    expect(streamed(dialect, await client.done)).toMatchObject({ text, code: null });
  }
});

/** What may become of a client that has done nothing wrong and whose provider has not either. */
const blameless = new Set([
  'whole',
  'left',
  'gap',
  'worker_exited',
  'worker_not_ready',
  'worker_request_timeout',
  'upstream_connection_failed',
  'upstream_error',
  'stream_disconnected',
]);

test('chaos: every response has one outcome, and nothing stays behind', { timeout: 60_000 }, async () => {
  const { provider } = gateway;
  const random = createRandom(seed);
  const questions = new Questions(random);
  const calm = { process: processOf(gateway.pid), descriptors: descriptors(gateway) };
  const begin = (): { readonly crowd: Crowd; readonly pace: Pace } => {
    const pace = new Pace();
    const raw = askRaw(gateway, pace);
    const crowd = new Crowd({ clients, questions, pace, ask: (one) => (one.sdk ? askSdk : raw)(one) });
    onTestFinished(() => crowd.stop());
    return { crowd, pace };
  };

  const before = begin();
  await before.pace.after(warmAnswers);
  await before.crowd.stop();
  expect(before.crowd.violations).toEqual([]);
  await untilLoad(gateway, { activeTurns: 0, queued: 0 });
  const bytes = await heldBytes(gateway);

  const { crowd, pace } = begin();
  const director = new Director({ gateway, taps, random, pace });
  const frozen = await director.freeze();
  let fell = false;
  const fall = frozen.fall.finally(() => {
    fell = true;
  });
  fall.catch(() => undefined);
  await director.rage(() => fell);
  await fall;
  await crowd.stop();

  const { ended, violations } = crowd;
  const outcomes = tally(ended.map(({ outcome }) => outcome));
  console.log(JSON.stringify({ seed, deeds: tally(director.done), outcomes }));
  expect(violations).toEqual([]);
  expect(before.crowd.ended.length + ended.length).toBe(questions.asked);
  const plain = ended.filter(({ question }) => question.trouble === 'none');
  expect(plain.filter(({ outcome }) => !blameless.has(outcome))).toEqual([]);
  expect(outcomes['whole']).toBeGreaterThan(ended.length / 2);
  for (const outcome of ['left', 'worker_exited', 'stream_disconnected']) expect(outcomes[outcome]).toBeGreaterThan(0);
  // What was given as whole is what was said once.
  const samplings = tally(provider.samplings.map(({ key }) => key));
  const whole = ended.filter(({ outcome }) => outcome === 'whole');
  const sampledOf = ({ question }: (typeof whole)[number]): number => samplings[`own-${question.number}`] ?? 0;
  expect(whole.filter((one) => ![1, 2].includes(sampledOf(one)))).toEqual([]);
  // A worker that dies with a turn in hand may have asked before it could say so; then the second one asks again.
  expect(whole.filter((one) => sampledOf(one) === 2).length).toBeLessThanOrEqual(said(' turn_retried '));
  // Only where a line of the worker was swallowed, and not without a word.
  const gaps = outcomes['gap'] ?? 0;
  expect(gaps).toBeLessThanOrEqual(said(' text_mismatch '));
  expect(said(' text_mismatch ')).toBeLessThanOrEqual(tally(director.done)['cut its output'] ?? 0);

  // Each end of a worker has its cause, and each cause has had its effect.
  const ends = gateway.journal.filter((line) => line.includes(' worker_exit '));
  const replaced = (name: string): boolean => said(` worker_silent ${name} `) + said(` worker_worn ${name} `) > 0;
  const names = ends.map((line) => / (slot=\d+ epoch=\d+) /.exec(line)?.[1] ?? line);
  expect(names.filter((name) => !director.doomed.has(name) && !replaced(name))).toEqual([]);
  expect(replaced(frozen.name)).toBe(true);
  for (const mark of ['SIGKILL', 'SIGBUS', 'SIGXFSZ', 'code=0 ']) {
    expect(ends.filter((line) => line.includes(mark)).length).toBeGreaterThan(0);
  }
  // What it could not deserialize, and what was not UTF-8: of its stderr only level and place are told.
  const unread = /ERROR codex_app_server_transport::transport(::stdio)?(?!:)/;
  const places = gateway.journal.flatMap((line) => unread.exec(line)?.[0] ?? []);
  expect(new Set(places).size).toBe(2);
  expect(said('for want of resources')).toBeGreaterThan(0);

  // Nothing is left of it: no turn, no stream, no process, no folder, no descriptor, no memory.
  await untilLoad(gateway, { activeTurns: 0, queued: 0 });
  await provider.until(({ activeStreams }) => activeStreams === 0);
  const folders = (): readonly string[] => readdirSync(join(gateway.folder, 'state'));
  for (const left of [() => childPids(gateway), () => livingGroups(taps.pids), folders]) {
    await settled(
      () => left().length,
      (count) => count === workers,
    );
  }
  // All slots of all workers produce at once, or none of these ends.
  const texts = Array.from({ length: slots }, (_, at) => `afterwards ${at}`);
  const streams = texts.map((text) => stream(gateway, 'chat', marker('text', { text, barrier: 'all', of: slots })));
  const answers = await Promise.all(streams.map(async (client) => streamed('chat', await client.done)));
  expect(answers.map(({ text, code }) => code ?? text)).toEqual(texts);
  await untilLoad(gateway, { activeTurns: 0, queued: 0 });
  await settled(
    () => descriptors(gateway),
    (count) => count <= calm.descriptors,
  );
  expect(processOf(gateway.pid)).toEqual(calm.process);
  expect(gateway.journal.filter((line) => line.includes(' bug ') || line.includes('_crashed'))).toEqual([]);
  const grown = (await heldBytes(gateway)) - bytes;
  console.log(`${Math.round(grown / 1024)} KiB more memory`);
  expect(grown).toBeLessThan(grownBytesMax);
});
