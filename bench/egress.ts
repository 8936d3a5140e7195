/**
 * What one delta costs from the log to the socket: the product's own log, readers and projections on a real uWebSockets.js
 * server in this process, beside a bare writer that sends the same frames. A second process only reads. The figures are CPU
 * time of this process a delta (the clients' core does not count), medians over interleaved rounds, and ratios to the bare
 * writer with one frame a write.
 *
 *   node deploy/launch.mjs bench/egress.ts [--rounds 7] [--streams 64] [--deltas 400] [--only NAME]
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Exchange } from '../http/exchange.ts';
import type { ExchangeHouse } from '../http/exchange-facts.ts';
import { eventLoop, Pace } from '../http/pace.ts';
import { loadUws } from '../http/uws.ts';
import type { HttpResponse } from '../http/uws-types.ts';
import { follow, frames, type Kind, type Lane, requestHead, words } from './egress-lanes.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    streams: { type: 'string', default: '64' },
    deltas: { type: 'string', default: '400' },
    only: { type: 'string' },
  },
});
const [rounds, streams, deltas] = [Number(values.rounds), Number(values.streams), Number(values.deltas)];

interface Variant {
  readonly name: string;
  readonly kind: Kind | 'bare' | 'log';
  /** Deltas that come together. */
  readonly chunk: number;
  /** Of the bare writer: frames of one write. */
  readonly joined?: boolean;
  /** The loop never rests: everything that it does counts, also what readers write later. `paced`: they write by `http/pace.ts`. */
  readonly saturated?: 'at once' | 'paced';
}

const all: readonly Variant[] = [
  { name: 'bare, one frame a write', kind: 'bare', chunk: 1 },
  { name: 'bare, a chunk of 20 frames, one a write', kind: 'bare', chunk: 20 },
  { name: 'bare, 20 frames a write', kind: 'bare', chunk: 20, joined: true },
  { name: 'log alone, 1 a chunk', kind: 'log', chunk: 1 },
  { name: 'log alone, 20 a chunk', kind: 'log', chunk: 20 },
  { name: 'responses, 1 a chunk', kind: 'responses', chunk: 1 },
  { name: 'responses, 4 a chunk', kind: 'responses', chunk: 4 },
  { name: 'responses, 20 a chunk', kind: 'responses', chunk: 20 },
  { name: 'chat, 1 a chunk', kind: 'chat', chunk: 1 },
  { name: 'chat, 20 a chunk', kind: 'chat', chunk: 20 },
  { name: 'saturated: bare, one frame a write', kind: 'bare', chunk: 1, saturated: 'at once' },
  { name: 'saturated: log alone', kind: 'log', chunk: 1, saturated: 'at once' },
  { name: 'saturated: responses, each at once', kind: 'responses', chunk: 1, saturated: 'at once' },
  { name: 'saturated: responses, paced', kind: 'responses', chunk: 1, saturated: 'paced' },
];
const wanted = ({ name, kind }: Variant): boolean =>
  values.only === undefined || name.includes(values.only) || kind === 'log';
const variants = all.filter(wanted);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const client = spawn(process.execPath, [join(import.meta.dirname, 'egress-client.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();

const { uws } = loadUws();
const opened: HttpResponse[] = [];
let waiting: (() => void) | null = null;
uws
  .App()
  .any('/*', (response) => {
    response.onAborted(() => {});
    opened.push(response);
    if (opened.length === streams) waiting?.();
  })
  .listen('127.0.0.1', 0, 0, (socket) => {
    if (socket === false) throw new Error('no port');
    client.stdin.write(`${uws.us_socket_local_port(socket)}\n`);
  });

const connected = async (): Promise<HttpResponse[]> => {
  const all = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  client.stdin.write(`${streams}\n`);
  await all;
  return opened.splice(0);
};

const bare = (response: HttpResponse, joined: boolean): Lane => {
  response.cork(() => response.writeStatus('200 OK').writeHeader('content-type', 'text/event-stream').write('\n'));
  let number = 4;
  return {
    hear: (count) => {
      if (joined) {
        const bytes = Buffer.concat(
          Array.from({ length: count }, () => frames[number++ % frames.length] ?? words.bytes),
        );
        response.cork(() => response.write(bytes));
      } else
        for (let index = 0; index < count; index += 1)
          response.cork(() => response.write(frames[number++ % frames.length] ?? words.bytes));
    },
    end: () => void response.cork(() => response.end()),
  };
};

const pace = new Pace(eventLoop, 10);

const house: ExchangeHouse = {
  now: () => 0,
  closing: () => false,
  leftSending: () => {},
  tooSlow: () => {},
  isAsked: () => true,
  isLast: () => false,
  over: () => {},
  failed: (error) => {
    throw error;
  },
};

const laneOf = (response: HttpResponse, { kind, joined, saturated }: Variant): Lane => {
  if (kind === 'bare') return bare(response, joined === true);
  const exchange = new Exchange(response, {
    id: 'req_1',
    head: requestHead,
    cors: [],
    startedAt: 0,
    house,
  });
  return follow(exchange, kind === 'log' ? null : kind, saturated === 'paced' ? pace : undefined);
};

const round = async (variant: Variant): Promise<number> => {
  const lanes = (await connected()).map((response) => laneOf(response, variant));
  await turn();
  let microseconds = 0;
  const begun = process.cpuUsage();
  for (let told = 0; told < deltas; told += variant.chunk) {
    const before = process.cpuUsage();
    for (const lane of lanes) lane.hear(variant.chunk);
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
    await turn();
    // The reader of the other side is to keep up: what is measured is writing, not waiting.
    if (variant.saturated === undefined && told % (variant.chunk * 16) === 0)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const { user, system } = process.cpuUsage(begun);
  if (variant.saturated !== undefined) microseconds = user + system;
  for (const lane of lanes) lane.end();
  await lines.next();
  return microseconds / (lanes.length * deltas);
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const results = new Map<Variant, number[]>(variants.map((variant) => [variant, []]));
for (const variant of variants) await round(variant);
for (let index = 0; index < rounds; index += 1) for (const [variant, all] of results) all.push(await round(variant));
client.stdin.end();

const of = (name: string): number => {
  const found = [...results].find(([variant]) => variant.name === name);
  return found === undefined ? Number.NaN : median(found[1]);
};
process.stdout.write(`us a delta  ratio  beyond bare, without the log   (medians of ${rounds} rounds)\n`);
for (const [{ name, kind, chunk, saturated }, all] of results) {
  const prefix = saturated === undefined ? '' : 'saturated: ';
  const reference = of(`${prefix}bare, one frame a write`);
  const log = of(saturated === undefined ? `log alone, ${chunk === 1 ? 1 : 20} a chunk` : 'saturated: log alone');
  const own = median(all);
  const beyond = kind === 'bare' || kind === 'log' ? '' : (own - reference - log).toFixed(2);
  process.stdout.write(
    `${own.toFixed(2).padStart(10)}  ${(own / reference).toFixed(2).padStart(5)}  ${beyond.padStart(8)}  ${name}\n`,
  );
}
process.exit(0);
