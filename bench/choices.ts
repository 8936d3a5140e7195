/**
 * What several choices of one streamed chat completion cost: each is a turn of its own, so the last to begin and the last to end
 * are what a client waits for. Prints medians over interleaved rounds.
 *
 *   npm run bench:choices                 all rounds, n = 1, 2 and 5
 *   npm run bench:choices -- --rounds 3   fewer
 *
 * Every stream is checked: each choice has its text and one end, nothing comes behind it, `[DONE]` is last.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Gateway, startGateway } from '../testkit/gateway.ts';

const numbers = [1, 2, 5];
const deltas = 100;
const requestMs = 60_000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds must be a positive integer, not ${values.rounds}`);

interface Round {
  /** Until the first word of the choice that begins last. */
  readonly allBegunMs: number;
  readonly endedMs: number;
}

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

interface Choice {
  readonly index: number;
  readonly delta: { readonly content?: string | null };
  readonly finish_reason: string | null;
}

async function round({ baseUrl, withKey }: Gateway, n: number): Promise<Round> {
  const startedMs = performance.now();
  const answer = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { ...withKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', n, stream: true, messages: [{ role: 'user', content: 'hello' }] }),
    signal: AbortSignal.timeout(requestMs),
  });
  if (answer.status !== 200 || answer.body === null) throw new Error(`status ${answer.status}`);
  const begunMs = new Map<number, number>();
  const ended = new Set<number>();
  let tail = '';
  let last = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (tail + chunk).split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      last = line.slice(6);
      const choices = last.startsWith('{') ? (JSON.parse(last) as { choices: readonly Choice[] }).choices : [];
      for (const { index, delta, finish_reason: reason } of choices) {
        if (ended.has(index)) throw new Error(`something behind the end of choice ${index}`);
        if (delta.content && !begunMs.has(index)) begunMs.set(index, performance.now() - startedMs);
        if (reason !== null) ended.add(index);
      }
    }
  }
  if (last !== '[DONE]' || ended.size !== n || begunMs.size !== n)
    throw new Error(
      `${begunMs.size} of ${n} choices began and ${ended.size} ended; the last line was ${last.slice(0, 20)}`,
    );
  return { allBegunMs: Math.max(...begunMs.values()), endedMs: performance.now() - startedMs };
}

const fake = join(import.meta.dirname, '../testkit/app-server/main.ts');
const gateway = await startGateway(
  { CODEX_BIN: fake, FAKE_CODEX_DELTAS: String(deltas), FAKE_CODEX_DELTA_INTERVAL_MS: '1', PROXY_WORKER_COUNT: '2' },
  { workersReady: 2 },
);
try {
  const results = new Map<number, Round[]>(numbers.map((n) => [n, []]));
  for (const n of numbers) await round(gateway, n);
  for (let index = 0; index < rounds; index += 1) for (const [n, all] of results) all.push(await round(gateway, n));
  process.stdout.write(`choices  all begun ms  ended ms   (medians of ${rounds} rounds, ${deltas} deltas a choice)\n`);
  for (const [n, all] of results) {
    const begun = median(all.map(({ allBegunMs }) => allBegunMs));
    const ended = median(all.map(({ endedMs }) => endedMs));
    process.stdout.write(
      `${String(n).padStart(7)}  ${begun.toFixed(1).padStart(12)}  ${ended.toFixed(1).padStart(8)}\n`,
    );
  }
} finally {
  await gateway.stop();
}
