/**
 * What a stream costs: the gateway in front of the scripted fake CLI, at several numbers of concurrent streams. Prints medians
 * over interleaved rounds: time to the first delta, deltas a second, and the gateway's own CPU time a delta.
 *
 *   npm run bench                 all rounds
 *   npm run bench -- --rounds 3   fewer
 *
 * Every stream is checked: status 200, the expected number of deltas, the terminal event. Absolute figures depend on the
 * machine; compare runs on the same one, and read ratios between the rows.
 */

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Gateway, startGateway } from '../testkit/gateway.ts';

const concurrencies = [1, 16, 64];
const deltas = 200;
/** Enough for the clock of the kernel, which counts CPU time in ticks. */
const streamsPerRound = 128;
const ticksPerSecond = 100;

interface Stream {
  readonly firstDeltaMs: number;
  readonly deltas: number;
}

interface Round {
  readonly firstDeltaMs: number;
  readonly deltasPerSecond: number;
  readonly cpuMicrosPerDelta: number;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds must be a positive integer, not ${values.rounds}`);

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** CPU time of a process so far, in microseconds: fields 14 and 15 of its `stat`, in clock ticks. */
const cpuMicros = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
};

const stream = (gateway: Gateway): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let firstDeltaMs = 0;
    let seen = 0;
    let tail = '';
    const body = JSON.stringify({ model: 'codex-5', input: 'hello', stream: true });
    const headers = { ...gateway.withKey, 'content-type': 'application/json', 'content-length': body.length };
    const sent = request({ port: gateway.port, path: '/v1/responses', method: 'POST', headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      answer.setEncoding('latin1');
      answer.on('data', (chunk: string) => {
        const text = tail + chunk;
        const blocks = text.split('\n\n');
        tail = blocks.pop() ?? '';
        const found = blocks.filter((block) => block.startsWith('event: response.output_text.delta\n')).length;
        if (seen === 0 && found > 0) firstDeltaMs = performance.now() - startedMs;
        seen += found;
        if (blocks.includes('data: [DONE]')) resolve({ firstDeltaMs, deltas: seen });
      });
      answer.on('end', () => reject(new Error('a stream ended without [DONE]')));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });

const round = async (gateway: Gateway, concurrency: number): Promise<Round> => {
  const [cpuBefore, startedMs] = [cpuMicros(gateway.pid), performance.now()];
  const streams: Stream[] = [];
  while (streams.length < streamsPerRound) {
    streams.push(...(await Promise.all(Array.from({ length: concurrency }, () => stream(gateway)))));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const wrong = streams.find((one) => one.deltas !== deltas);
  if (wrong !== undefined) throw new Error(`a stream had ${wrong.deltas} deltas instead of ${deltas}`);
  const total = streams.length * deltas;
  return {
    firstDeltaMs: median(streams.map((one) => one.firstDeltaMs)),
    deltasPerSecond: total / seconds,
    cpuMicrosPerDelta: (cpuMicros(gateway.pid) - cpuBefore) / total,
  };
};

const fake = join(import.meta.dirname, '../testkit/app-server/main.ts');
const gateway = await startGateway(
  { CODEX_BIN: fake, FAKE_CODEX_DELTAS: String(deltas), PROXY_WORKER_COUNT: '2' },
  { workersReady: 2 },
);
try {
  const results = new Map<number, Round[]>(concurrencies.map((concurrency) => [concurrency, []]));
  for (const concurrency of concurrencies) await round(gateway, concurrency);
  for (let index = 0; index < rounds; index += 1) {
    for (const [concurrency, all] of results) all.push(await round(gateway, concurrency));
    process.stderr.write(`round ${index + 1} of ${rounds}\n`);
  }
  process.stdout.write(`streams  first delta ms  deltas/s  gateway CPU us/delta   (medians of ${rounds} rounds)\n`);
  for (const [concurrency, all] of results) {
    const columns = [
      String(concurrency).padStart(7),
      median(all.map((one) => one.firstDeltaMs))
        .toFixed(1)
        .padStart(14),
      median(all.map((one) => one.deltasPerSecond))
        .toFixed(0)
        .padStart(8),
      median(all.map((one) => one.cpuMicrosPerDelta))
        .toFixed(1)
        .padStart(20),
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
} finally {
  await gateway.stop();
}
