/**
 * What the gateway does for a response and for a delta, in numbers that do not depend on the machine: letters to machines, bytes through
 * `JSON.parse` and `JSON.stringify`, writes and bytes to the socket; and bytes of the heap and of buffers, which depend on it a little.
 *
 * A response without deltas is what a response costs; what one with deltas costs more, shared among them, is what a delta costs.
 */

import { type Asked, Rig } from '../micro/rig.ts';

export const costNames = ['letters', 'parsedBytes', 'stringifiedBytes', 'writes', 'writtenBytes', 'heapBytes'] as const;
export type Costs = Record<(typeof costNames)[number], number>;

export interface Script {
  readonly name: string;
  readonly path: '/v1/responses' | '/v1/chat/completions';
  readonly stream: boolean;
  /** Deltas that the worker writes at once. */
  readonly together: number;
}

export const scripts: readonly Script[] = [
  { name: 'responses, a delta at a time', path: '/v1/responses', stream: true, together: 1 },
  { name: 'responses, fifty deltas at a time', path: '/v1/responses', stream: true, together: 50 },
  { name: 'chat, a delta at a time', path: '/v1/chat/completions', stream: true, together: 1 },
  { name: 'chat, fifty deltas at a time', path: '/v1/chat/completions', stream: true, together: 50 },
  { name: 'responses, not streamed', path: '/v1/responses', stream: false, together: 50 },
  { name: 'chat, not streamed', path: '/v1/chat/completions', stream: false, together: 50 },
];

export const deltasEach = 200;
const responsesEach = 8;
/** Enough for the compiler to have made up its mind. */
const warmUps = 60;
const text = 'twenty bytes of text';

const counts: Costs = { letters: 0, parsedBytes: 0, stringifiedBytes: 0, writes: 0, writtenBytes: 0, heapBytes: 0 };

const watchJson = (): void => {
  const { parse, stringify } = JSON;
  JSON.parse = (given: string, ...more: never[]): unknown => {
    counts.parsedBytes += given.length;
    return parse(given, ...more) as unknown;
  };
  JSON.stringify = ((...given: Parameters<typeof stringify>) => {
    const made = stringify(...given);
    counts.stringifiedBytes += (made as string | undefined)?.length ?? 0;
    return made;
  }) as typeof stringify;
};

/** What the worker says, made before anything is counted. */
const chunksOf = ({ lines }: Asked, { together }: Script, deltas: number): readonly Buffer[] => {
  const delta = lines.delta(text);
  const middle = Array.from({ length: deltas / together }, () => Buffer.from(delta.repeat(together)));
  return [Buffer.from(lines.opened()), ...middle, Buffer.from(lines.closed(text.repeat(deltas)))];
};

/** Bytes of the heap that went to what the worker says. */
let ownHeapBytes = 0;

const usedBytes = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const heapBytes = (): number => usedBytes() - ownHeapBytes;

/** One response from the request to its last byte. */
export const play = async (rig: Rig, script: Script, deltas: number): Promise<void> => {
  const asked = await rig.ask(script.path, script.stream);
  const kept = { ...counts };
  const before = usedBytes();
  const chunks = chunksOf(asked, script, deltas);
  ownHeapBytes += usedBytes() - before;
  Object.assign(counts, kept);
  for (const chunk of chunks) rig.worker.say(chunk);
  const { response } = asked;
  // A long answer ends in several turns of the loop, which settle nothing by themselves.
  for (let rounds = 0; rounds === 0 || (rounds < 1_000 && !response.ended); rounds += 1) await rig.settle();
  if (response.status !== 200 || !response.ended) throw new Error(`${script.name}: status ${response.status}`);
  counts.writes += response.writes;
  counts.writtenBytes += response.bytes;
  rig.pass(10_000);
};

const average = async (rig: Rig, script: Script, deltas: number): Promise<Costs> => {
  const before = { ...counts, heapBytes: heapBytes() };
  for (let at = 0; at < responsesEach; at += 1) await play(rig, script, deltas);
  const after = { ...counts, heapBytes: heapBytes() };
  return mapped((name) => (after[name] - before[name]) / responsesEach);
};

const mapped = (of: (name: (typeof costNames)[number]) => number): Costs =>
  Object.fromEntries(costNames.map((name) => [name, of(name)])) as Costs;

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** By script, for a response and for a delta. Of a process of its own: it changes `JSON`. */
export const countCosts = async (): Promise<Record<string, Costs>> => {
  watchJson();
  const rig = await Rig.start({ letter: () => void (counts.letters += 1) });
  const costs: Record<string, Costs> = {};
  for (let at = 0; at < warmUps; at += 1) for (const script of scripts) await play(rig, script, deltasEach);
  for (const script of scripts) {
    globalThis.gc?.();
    const bare = await average(rig, script, 0);
    globalThis.gc?.();
    const full = await average(rig, script, deltasEach);
    costs[`${script.name}: response`] = mapped((name) => rounded(bare[name]));
    costs[`${script.name}: delta`] = mapped((name) => rounded((full[name] - bare[name]) / deltasEach));
  }
  return costs;
};
