/**
 * The gateway and a program of its own, each with the real CLI, before one fake provider on the other core. Invariant: both have
 * the same home, so the same configuration; nothing of it outlives `stop`.
 */

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { resolveBinary } from '../transport/binary.ts';
import type { Seen } from './cached-share.ts';
import { gateway } from './gateway.ts';
import { type CliAlone, startCliAlone } from './peers/cli-alone.ts';
import { cpuMicrosOf, helperCore, startPinned, stopChild, temporaryFolder } from './processes.ts';
import type { Running } from './subject.ts';

export interface RealCli {
  readonly gateway: Running;
  readonly alone: CliAlone;
  readonly model: string;
  /** CPU time of the provider so far. */
  providerMicros(): number;
  /** One response that goes on from another; its id. */
  respond(text: string, previous: string | undefined): Promise<string>;
  /** What the provider was asked meanwhile. */
  seenDuring(act: () => Promise<void>): Promise<readonly Seen[]>;
  stop(): Promise<void>;
}

const model = 'gpt-6.1-sol';
const recordMax = '100';
const provider = join(import.meta.dirname, '../testkit/provider/main.ts');

interface State {
  readonly requests: readonly {
    readonly sequence: number;
    readonly body: { readonly prompt_cache_key?: string; readonly input?: readonly unknown[] };
  }[];
}

async function startProvider() {
  const child = startPinned(helperCore, [provider, '--scenario', 'text n=20', '--record', recordMax], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('the provider has no stdout');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { baseUrl, origin } = JSON.parse(line) as { readonly baseUrl: string; readonly origin: string };
  return { baseUrl, origin, pid: child.pid ?? 0, stop: () => stopChild(child) };
}

export async function realCli(): Promise<RealCli> {
  const binary = resolveBinary({ binary: null, cwd: process.cwd(), environment: process.env });
  if (!binary.found) throw new Error(binary.reason);
  const { path: folder, remove } = temporaryFolder('codex-actors-cli-');
  const home = join(folder, 'home');
  const state = join(folder, 'state');
  for (const made of [home, state]) mkdirSync(made);
  const upstream = await startProvider();
  const ends: (() => Promise<void>)[] = [upstream.stop];
  const stop = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
    remove();
  };
  try {
    const running = await gateway.start({
      env: {
        CODEX_BIN: binary.command,
        CODEX_HOME: home,
        CODEX_PROVIDER_URL: upstream.baseUrl,
        PROXY_WORKER_COUNT: '1',
        WORKER_MAX_CONCURRENCY: '32',
      },
    });
    ends.push(running.stop);
    const alone = await startCliAlone({
      CODEX_BIN: binary.command,
      CODEX_HOME: home,
      CODEX_SQLITE_HOME: state,
      PROXY_WORKER_COUNT: '1',
    });
    ends.push(alone.stop);
    return {
      gateway: running,
      alone,
      model,
      providerMicros: () => cpuMicrosOf([upstream.pid]),
      async respond(text, previous) {
        const answer = await fetch(`http://127.0.0.1:${running.port}/v1/responses`, {
          method: 'POST',
          headers: { ...running.headers, 'content-type': 'application/json' },
          body: JSON.stringify({ model, input: text, previous_response_id: previous }),
        });
        const body = (await answer.json()) as { readonly id?: string };
        if (answer.status !== 200 || body.id === undefined) throw new Error(JSON.stringify(body));
        return body.id;
      },
      async seenDuring(act) {
        await fetch(`${upstream.origin}/control/reset`, { method: 'POST' });
        await act();
        const { requests } = (await (await fetch(`${upstream.origin}/control/state`)).json()) as State;
        return requests
          .filter(({ sequence }) => sequence > 0)
          .map(({ body }) => ({ key: body.prompt_cache_key ?? '', items: body.input ?? [] }));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
