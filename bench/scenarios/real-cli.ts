/**
 * The real CLI before a fake provider, behind the gateway and alone: turns a second, and what of a conversation of ten turns the
 * provider could serve from its cache. The CLI shares the core with whoever drives it.
 */

import { childrenOf } from '../../testkit/process-table.ts';
import { cachedShare } from '../cached-share.ts';
import { LoadClient } from '../load-client.ts';
import { burst, playText } from '../play.ts';
import { cpuMicrosOf } from '../processes.ts';
import { realCli, type RealCli } from '../real-cli.ts';
import { measure, ratio, type Variant } from '../rounds.ts';
import type { Context, Result, Scenario } from '../scenario.ts';
import { requests } from '../stand.ts';

const concurrent = 8;
const conversationTurns = 10;
const thousand = 1_000;
const words = 'Tell me about the quick brown fox and its lazy dog, in a few words. ';

/** Each turn brings some hundred tokens of its own. */
const texts = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index}: ${words.repeat(6)}`);

function speed(cli: RealCli, client: LoadClient, turns: number): readonly Variant[] {
  /** The provider stands where the shims are: what the subject waits for, on the other core. */
  const begin = (pids: readonly number[]) => {
    const before = { subject: cpuMicrosOf(pids), provider: cli.providerMicros() };
    return (elapsedMs: number, clientShare: number | null) => ({
      values: {
        turns_per_second: turns / (elapsedMs / thousand),
        cpu_per_turn: (cpuMicrosOf(pids) - before.subject) / thousand / turns,
      },
      cpuShares: {
        ...(clientShare === null ? {} : { client: clientShare }),
        shim: (cli.providerMicros() - before.provider) / thousand / elapsedMs,
      },
    });
  };
  return [
    {
      name: 'gateway',
      async measure() {
        const end = begin([...cli.gateway.pids, ...cli.gateway.shims()]);
        const of = { api: 'responses-whole', play: burst(1), requests: turns, connections: concurrent } as const;
        const { report, cpuShares } = await requests(client, cli.gateway, of);
        return end(report.elapsedMicros / thousand, cpuShares.client ?? null);
      },
    },
    {
      name: 'cli',
      async measure() {
        const end = begin([cli.alone.pid, ...childrenOf(cli.alone.pid).map(({ pid }) => pid)]);
        const said = Array.from({ length: turns }, () => playText(burst(1)));
        const elapsedMs = await cli.alone.run({ model: cli.model, texts: said, concurrent, oneThread: false });
        return end(elapsedMs, null);
      },
    },
  ];
}

const shares = async (cli: RealCli, talk: () => Promise<void>) => {
  const seen = await cli.seenDuring(talk);
  if (seen.length !== conversationTurns) throw new Error(`the provider saw ${seen.length} requests`);
  return { values: { cached_same_key: cachedShare(seen, true), cached_any_key: cachedShare(seen, false) } };
};

const conversation = (cli: RealCli): readonly Variant[] => [
  {
    name: 'gateway conversation',
    measure: () =>
      shares(cli, async () => {
        let previous: string | undefined;
        for (const text of texts(conversationTurns)) previous = await cli.respond(text, previous);
      }),
  },
  {
    name: 'cli conversation',
    measure: () =>
      shares(cli, async () => {
        const said = texts(conversationTurns);
        await cli.alone.run({ model: cli.model, texts: said, concurrent: 1, oneThread: true });
      }),
  },
];

async function run(context: Context): Promise<Result> {
  const client = new LoadClient();
  const cli = await realCli();
  try {
    return await measure(realCliTurns, context, {
      variants: [...speed(cli, client, context.short ? 16 : 64), ...conversation(cli)],
      warmUps: context.short ? 0 : 1,
      units: { turns_per_second: '/s', cpu_per_turn: 'ms', cached_same_key: '', cached_any_key: '' },
      derived: [
        ratio('turns_per_second', 'gateway', 'cli'),
        ratio('cpu_per_turn', 'gateway', 'cli'),
        ratio('cached_any_key', 'gateway conversation', 'cli conversation'),
      ],
    });
  } finally {
    await client.stop();
    await cli.stop();
  }
}

export const realCliTurns: Scenario = {
  name: 'real-cli',
  shows:
    'turns a second of the real CLI behind the gateway and alone, and the share of input that a provider could have cached',
  run,
};
