/** What a scenario works with: the load client and its subjects, started together. Invariant: all of them are stopped, however it ends. */

import { LoadClient, type Measured } from './load-client.ts';
import type { Play } from './play.ts';
import { requestText } from './requests.ts';
import type { Sample, Variant, WarmUp } from './rounds.ts';
import type { Context } from './scenario.ts';
import type { Api, Running, StartOptions, Subject } from './subject.ts';
import { Sizes } from './warm.ts';

export interface Stand {
  readonly client: LoadClient;
  readonly running: ReadonlyMap<string, Running>;
}

export interface Wanted {
  readonly subject: Subject;
  readonly options?: StartOptions;
  /** Where the same subject is there twice. */
  readonly name?: string;
}

export async function withStand<T>(wanted: readonly Wanted[], use: (stand: Stand) => Promise<T>): Promise<T> {
  const client = new LoadClient();
  const running = new Map<string, Running>();
  try {
    for (const { subject, options, name } of wanted) running.set(name ?? subject.name, await subject.start(options));
    return await use({ client, running });
  } finally {
    const ends = [...running.values()].map((one) => one.stop());
    await Promise.allSettled([...ends, client.stop()]);
    await Promise.all(ends);
  }
}

const million = 1_000_000;
const thousand = 1_000;
const timeoutMs = 60_000;

export interface StreamsOf {
  readonly api: Api;
  readonly play: Play;
  readonly streams: number;
  readonly concurrent: number;
  readonly rampMs?: number;
}

export const streams = (client: LoadClient, subject: Running, of: StreamsOf): Promise<Measured> =>
  client.measure(
    {
      kind: 'streams',
      port: subject.port,
      request: requestText(subject, of.api, of.play),
      streams: of.streams,
      concurrent: of.concurrent,
      deltas: of.play.deltas,
      rampMs: of.rampMs ?? 0,
      timeoutMs,
    },
    subject,
  );

export interface RequestsOf {
  readonly api: Api;
  readonly play: Play;
  readonly requests: number;
  readonly connections: number;
  readonly perSecond?: number;
}

export const requests = (client: LoadClient, subject: Running, of: RequestsOf): Promise<Measured> =>
  client.measure(
    {
      kind: 'requests',
      port: subject.port,
      request: requestText(subject, of.api, of.play),
      requests: of.requests,
      connections: of.connections,
      ...(of.perSecond === undefined ? {} : { perSecond: of.perSecond }),
      timeoutMs,
    },
    subject,
  );

/** Rates of `what`: by the clock, and by the CPU time of the subject, which a busy machine does not change. */
export const rates = (what: string, count: number, { report, cpuMicros, cpuShares }: Measured): Sample => ({
  values: {
    [`${what}_per_second`]: count / (report.elapsedMicros / million),
    [`${what}_per_core_second`]: count / (cpuMicros / million),
    [`cpu_per_${what.replace(/s$/, '')}`]: cpuMicros / count,
  },
  cpuShares,
});

export const rateUnits = (what: string): Readonly<Record<string, string>> => ({
  [`${what}_per_second`]: '/s',
  [`${what}_per_core_second`]: '/s',
  [`cpu_per_${what.replace(/s$/, '')}`]: 'us',
});

export const milliseconds = (micros: number): number => micros / thousand;

/** One variant for each of the subjects that run, or for some of them. `measure` is told the name of the variant. */
export const perSubject = (
  { running }: Stand,
  measure: (subject: Running, variant: string) => Promise<Sample>,
  label: (name: string) => string = (name) => name,
  only: (name: string) => boolean = () => true,
): readonly Variant[] =>
  [...running]
    .filter(([name]) => only(name))
    .map(([name, subject]) => ({ name: label(name), measure: () => measure(subject, label(name)) }));

const measuredSeconds = 3;
const readingsMax = 12;

/** Loads that take long enough to be a figure; with `--short` they are what they begin with. */
export const sizes = ({ short }: Context, first: number): Sizes => new Sizes(first, short ? null : measuredSeconds);

/** By the CPU time of one, which says more of code that is being compiled than a rate does. */
export const warmBy = (figure: string, { short }: Context): WarmUp => ({
  figure,
  readingsMax: short ? 1 : readingsMax,
});

/** As `rates` of deltas, while every stream flows. */
export function flowRates({ flow, cpuShares }: Measured): Sample {
  if (flow === null) throw new Error('there was no time in which all streams flowed');
  const { deltas, cpuMicros } = flow;
  return {
    values: { deltas_per_core_second: deltas / (cpuMicros / million), cpu_per_delta: cpuMicros / deltas },
    cpuShares,
  };
}

export const flowUnits: Readonly<Record<string, string>> = { deltas_per_core_second: '/s', cpu_per_delta: 'us' };
