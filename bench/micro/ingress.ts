/**
 * What a delta costs from the worker's stdout to the socket, without sockets: the gateway in one thread (`rig.ts`), fed with chunks of
 * prepared lines. CPU time of the process for each delta, as medians over interleaved rounds.
 *
 *   node deploy/launch.mjs bench/micro/ingress.ts [--rounds 7] [--only NAME] [--deltas 20000]
 *   node --cpu-prof bench/micro/ingress.ts --only NAME --deltas 500000      where it goes
 *
 * `same` asks the same of lines that begin with a blank, which are parsed: the general way.
 */

import { parseArgs } from 'node:util';
import { type Asked, Rig } from './rig.ts';

interface Case {
  readonly name: string;
  readonly streams: number;
  /** Deltas of each stream that come together. */
  readonly together: number;
  readonly text: string;
  readonly general?: true;
}

const cases: readonly Case[] = [
  { name: 'one stream, 200 deltas a chunk', streams: 1, together: 200, text: 'some twenty bytes of t' },
  { name: 'the same, parsed', streams: 1, together: 200, text: 'some twenty bytes of t', general: true },
  { name: 'one stream, a delta a chunk', streams: 1, together: 1, text: 'some twenty bytes of t' },
  { name: 'the same, parsed', streams: 1, together: 1, text: 'some twenty bytes of t', general: true },
  { name: '64 streams, interleaved', streams: 64, together: 4, text: 'some twenty bytes of t' },
  { name: 'the same, parsed', streams: 64, together: 4, text: 'some twenty bytes of t', general: true },
  { name: 'one stream, line breaks and umlauts', streams: 1, together: 200, text: 'zwölf Übungen:\n"ä"' },
  { name: 'one stream, 2 kB deltas', streams: 1, together: 20, text: 'x'.repeat(2_000) },
];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    deltas: { type: 'string', default: '20000' },
    only: { type: 'string' },
  },
});
const deltas = Number(values.deltas);

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const measure = async ({ streams, together, text, general }: Case): Promise<number> => {
  const rig = await Rig.start();
  const asked: Asked[] = [];
  while (asked.length < streams) asked.push(await rig.ask('/v1/responses'));
  for (const { lines } of asked) rig.worker.say(Buffer.from(lines.opened() + lines.delta('begin')));
  const begun = general === true ? ' ' : '';
  const chunk: string[] = [];
  for (let at = 0; at < together; at += 1) for (const { lines } of asked) chunk.push(begun + lines.delta(text));
  const bytes = Buffer.from(chunk.join(''));
  const times = Math.ceil(deltas / (streams * together));
  const before = cpuMicros();
  for (let at = 0; at < times; at += 1) rig.worker.say(bytes);
  const spent = cpuMicros() - before;
  rig.stop();
  const written = asked.reduce((sum, { response }) => sum + response.bytes, 0);
  if (written < times * bytes.length * 0.2) throw new Error(`only ${written} bytes were written`);
  return spent / (times * streams * together);
};

const chosen = cases.filter(({ name }) => values.only === undefined || name === values.only);
const results = chosen.map((): number[] => []);
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const [index, one] of chosen.entries()) results[index]?.push(await measure(one));
for (const [index, { name }] of chosen.entries()) {
  const all = (results[index] ?? []).toSorted((a, b) => a - b);
  const median = all[Math.floor(all.length / 2)] ?? Number.NaN;
  process.stdout.write(`${median.toFixed(2).padStart(8)} us of CPU a delta   ${name}\n`);
}
