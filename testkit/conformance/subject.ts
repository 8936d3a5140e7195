/**
 * The process under test, real or fake (a program, or in memory), behind the shipped transport: each scenario gets a process of its own, and all of
 * its pipes and everything the transport tells are recorded. Invariant: nothing here knows a time; a deadline is reached
 * when a scenario says so, and a run ends when every request that is ever answered has been.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareHome } from '../../transport/home.ts';
import type { LauncherOptions } from '../../transport/launcher.ts';
import { nodeSpawner } from '../../transport/process.ts';
import { bundledModels } from '../app-server/catalog.ts';
import type { Provider } from '../provider/provider.ts';
import { startProvider } from '../provider/server.ts';
import { outputsOf } from '../text-runs.ts';
import { transportLimits } from '../transport-limits.ts';
import { initialized, launched, silentJournal, workerIds } from '../worker.ts';
import type { Entry } from './entry.ts';
import { hastyClock } from './hasty-clock.ts';
import { inMemory } from './in-memory.ts';
import { normalise } from './normalise.ts';
import { openPipes } from './pipes.ts';
import { Recorder } from './recorder.ts';
import type { Scenario, Stage } from './scenarios.ts';

export interface Subject {
  perform(scenario: Scenario): Promise<readonly Entry[]>;
  close(): Promise<void>;
}

/** Deadlines that only a test reaches; the pulse never beats. */
const limits = {
  ...transportLimits,
  handshakeMs: 60_000,
  stepMs: 60_000,
  closeMs: 60_000,
  loginMs: 60_000,
  pulseMs: 600_000,
};

const issuerNames = ['CODEX_APP_SERVER_LOGIN_ISSUER', 'CODEX_APP_SERVER_LOGIN_CLIENT_ID'] as const;
const fakeProgram = fileURLToPath(new URL('../app-server/main.ts', import.meta.url));

/** `watch` sees each run as it was, before it is made comparable. */
export const openSubject = async (
  kind: 'real' | 'fake' | 'memory',
  watch: (run: readonly Entry[]) => void = () => undefined,
): Promise<Subject> => {
  const folder = await mkdtemp(join(tmpdir(), 'codex-conformance-'));
  const provider: Provider | null = kind === 'real' ? await startProvider({ login: { pollSeconds: 0 } }) : null;
  const origin = provider?.origin ?? 'http://127.0.0.1:9';

  let runs = 0;

  // A home of its own each time: a sign-in stays in it.
  const optionsFor = async (scenario: Scenario): Promise<Omit<LauncherOptions, 'clock' | 'spawner'>> => {
    runs += 1;
    const base = join(folder, String(runs));
    const places = { home: join(base, 'home'), workdir: join(base, 'work'), sqliteBase: join(base, 'state') };
    const url = { type: 'url', url: `${origin}/v1` } as const;
    const chatgpt = { type: 'chatgpt', baseUrl: `${origin}/v1`, chatgptUrl: `${origin}/backend-api/` } as const;
    const shared = {
      binary: { real: null, fake: fakeProgram, memory: process.execPath }[kind],
      environment: {
        PATH: process.env['PATH'],
        [issuerNames[0]]: origin,
        [issuerNames[1]]: 'c',
        ...(scenario.signIn === true ? { FAKE_CODEX_ACCOUNT: 'signedOut', FAKE_CODEX_LOGIN_MS: 'never' } : {}),
      },
      environmentAllow: issuerNames,
      provider: scenario.signIn === true ? chatgpt : url,
      journal: silentJournal,
    };
    const model = 'gpt-6.1-sol';
    await prepareHome({ ...places, ...shared, createHome: true, models: bundledModels, model, streamIdleMs: 300_000 });
    return { ...places, ...shared, limits, ids: workerIds };
  };

  const perform = async (scenario: Scenario): Promise<readonly Entry[]> => {
    provider?.reset();
    if (provider !== null) provider.login.requireBearer = scenario.signIn === true;
    const recorder = new Recorder();
    const { clock, expire } = hastyClock(limits.pulseMs);
    const native = kind === 'memory' ? inMemory(origin, scenario.signIn !== true) : nodeSpawner(clock);
    const { spawner, child } = openPipes(scenario, recorder, native, clock, limits.lineBytesMax);
    const worker = launched({ ...(await optionsFor(scenario)), clock, spawner });
    worker.channel.facts.subscribe((fact) => {
      // The reason is prose, and quotes stderr.
      recorder.add(['told', JSON.stringify('reason' in fact ? { ...fact, reason: 'v' } : fact)]);
    });
    worker.channel.output.subscribe((batch) => {
      for (const output of batch.flatMap(outputsOf)) recorder.add(['told', JSON.stringify(output)]);
    });
    await initialized(worker);
    await Promise.all([worker.fact('account.observed'), worker.fact('models.observed')]);
    let asked = 0;
    const stage: Stage = {
      worker,
      expire,
      written: async (method, count) => recorder.times('in', method, count),
      heard: async (method, count) => recorder.times('out', method, count),
      approve: (code) => {
        if (provider !== null) provider.login.approve(code);
        else child().write('{"method":"fake/login","params":{"success":true}}\n');
      },
      kill: () => child().kill(),
      ask: async (method, params) => {
        asked += 1;
        const id = `asked-${asked}`;
        child().write(`${JSON.stringify({ method, id, params })}\n`);
        return recorder.answer(id);
      },
    };
    await scenario.play(stage);
    if (!worker.facts.some(({ type }) => type === 'process.exited')) {
      await recorder.until(() => recorder.pending === (scenario.unanswered ?? 0));
      worker.channel.send({ type: 'ask' });
      await worker.fact('process.exited');
    }
    watch(recorder.entries);
    return normalise(recorder.entries);
  };

  return {
    perform,
    close: async () => {
      await provider?.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
