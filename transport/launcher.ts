/**
 * Starts workers: one `codex app-server` each, in the shared home, with a state folder of its own. Invariant: whatever
 * prevents a start becomes `process.exited` with the reason, never an exception; `settled` knows of every folder that is
 * still being removed.
 */

import type { Diagnostics } from '../actors/diagnostics.ts';
import type { Channel, Clock, Ids, Journal, Launcher } from '../actors/seams.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { LoginFlow } from './account.ts';
import { resolveBinary } from './binary.ts';
import type { ChannelOptions } from './channel-options.ts';
import { CodexChannel } from './codex-channel.ts';
import type { Count } from './counters.ts';
import { type Environment, workerEnvironment } from './environment.ts';
import type { TransportLimits } from './limits.ts';
import { nodeSpawner, type ProcessSpawner } from './process.ts';
import { modelOnly, type Powers } from './powers.ts';
import type { Provider } from './provider.ts';
import { removeStateFolder, stateBytes, stateFolder } from './state-folder.ts';
import { StderrJournal } from './stderr.ts';

export interface LauncherOptions {
  /** See `binary.ts`. */
  readonly binary: string | null;
  readonly home: string;
  readonly workdir: string;
  readonly sqliteBase: string;
  readonly provider: Provider;
  /** `modelOnly` if absent. */
  readonly powers?: Powers;
  readonly environment: Environment;
  readonly environmentAllow: readonly string[];
  /** `device` if absent. */
  readonly loginFlow?: LoginFlow;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly journal: Journal;
  readonly diagnostics?: Diagnostics;
  readonly count?: Count;
  /** Prompts and answers may be in the log. */
  readonly wordsInClear?: boolean;
  readonly spawner?: ProcessSpawner;
}

export interface WorkerLauncher extends Launcher {
  /** Resolves when nothing is left of the workers that have exited. */
  settled(): Promise<void>;
}

/** For whoever hands on lines: the text is made only where somebody watches. */
export const lineTeller =
  (diagnostics: Diagnostics, slot: Slot, epoch: Epoch, response: ResponseId | null) =>
  (direction: 'in' | 'out', text: () => string): void => {
    if (!diagnostics.watched('worker.line')) return;
    diagnostics.publish('worker.line', { slot, epoch, response, direction, line: text() });
  };

const telling = (
  diagnostics: Diagnostics,
  slot: Slot,
  epoch: Epoch,
): Pick<ChannelOptions, 'bound' | 'sent' | 'line' | 'watched'> => ({
  bound: (response, threadId, turnId, upstreamId) =>
    diagnostics.publish('turn.bound', { response, threadId, turnId, upstreamId }),
  sent: (id, response) => diagnostics.publish('rpc.sent', { slot, epoch, id, response }),
  line: lineTeller(diagnostics, slot, epoch, null),
  watched: () => diagnostics.watched('worker.line'),
});

export const createLauncher = (options: LauncherOptions): WorkerLauncher => {
  const { clock, ids, journal, diagnostics, limits, provider } = options;
  const spawn = options.spawner ?? nodeSpawner(clock);
  const removals = new Set<Promise<void>>();
  const remove = (folder: string): void => {
    const removal = removeStateFolder(folder).finally(() => removals.delete(removal));
    removals.add(removal);
  };
  return {
    launch(slot: Slot, epoch: Epoch): Channel {
      const folder = stateFolder(options.sqliteBase, slot, epoch);
      const channel = new CodexChannel({
        clock,
        ids,
        journal,
        limits,
        count: options.count ?? (() => {}),
        stderr: new StderrJournal(clock, journal, { slot, epoch }, { wordsInClear: options.wordsInClear === true }),
        signsIn: provider.type === 'chatgpt',
        key: provider.type === 'url' ? provider.key : undefined,
        powers: options.powers ?? modelOnly,
        loginFlow: options.loginFlow ?? 'device',
        stateBytes: async () => stateBytes(folder),
        exited: () => remove(folder),
        ...(diagnostics === undefined ? {} : telling(diagnostics, slot, epoch)),
      });
      // Looked up each time: a binary that is put in place later heals the worker.
      const binary = resolveBinary({ binary: options.binary, cwd: process.cwd(), environment: options.environment });
      if (!binary.found) {
        queueMicrotask(() => channel.events.exited({ code: null, signal: null, reason: binary.reason }));
        return channel;
      }
      const env = workerEnvironment({
        environment: options.environment,
        allow: options.environmentAllow,
        home: options.home,
        stateFolder: folder,
        providerKey: provider.type === 'url' ? provider.key : undefined,
      });
      const args = [...binary.args, 'app-server', '--strict-config'];
      channel.attach(spawn({ command: binary.command, args, cwd: options.workdir, env }, channel.events));
      return channel;
    },
    settled: async () => void (await Promise.all(removals)),
  };
};
