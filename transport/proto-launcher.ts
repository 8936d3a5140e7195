/**
 * The other kind of worker, for programs that speak the protocol of `codex proto`. Invariant: nothing is started before there
 * is a turn; the program is looked up each time, so that one that is put in place later is found.
 */

import type { Channel } from '../actors/seams.ts';
import type { Epoch, Slot } from '../machines/ids.ts';
import { resolveBinary } from './binary.ts';
import { workerEnvironment } from './environment.ts';
import { type LauncherOptions, lineTeller, type WorkerLauncher } from './launcher.ts';
import { nodeSpawner } from './process.ts';
import { ProtoChannel } from './proto-channel.ts';
import type { ProtoSettings } from './proto-input.ts';
import { StderrJournal } from './stderr.ts';

export interface ProtoLauncherOptions
  extends Omit<LauncherOptions, 'sandbox' | 'approvalPolicy' | 'allowOtherVersion' | 'ids'> {
  readonly settings: ProtoSettings;
}

/** What such a CLI logs below the level of errors has the arguments of calls in it, and words of the provider. */
const talk = /^\S+Z\s+(?:TRACE|DEBUG|INFO|WARN)\s/u;

export const createProtoLauncher = (options: ProtoLauncherOptions): WorkerLauncher => {
  const { clock, journal, diagnostics, limits, provider, environment, binary, wordsInClear = false } = options;
  const spawner = options.spawner ?? nodeSpawner(clock);
  const key = provider.type === 'url' ? provider.key : undefined;
  return {
    launch(slot: Slot, epoch: Epoch): Channel {
      return new ProtoChannel({
        clock,
        journal,
        limits,
        count: options.count ?? (() => {}),
        stderr: new StderrJournal(clock, journal, { slot, epoch }, { unheard: talk, guarded: true, wordsInClear }),
        spawner,
        resolve: () => resolveBinary({ binary, cwd: process.cwd(), environment }),
        cwd: options.workdir,
        env: {
          // Not all of them heed it.
          RUST_LOG: 'error',
          ...workerEnvironment({
            environment,
            allow: options.environmentAllow,
            home: options.home,
            stateFolder: options.sqliteBase,
            providerKey: key,
          }),
        },
        settings: options.settings,
        ...(diagnostics === undefined
          ? {}
          : {
              line: (response, direction, text) => lineTeller(diagnostics, slot, epoch, response)(direction, text),
            }),
        payer: { quota: () => undefined, signsIn: provider.type === 'chatgpt', key },
      });
    },
    settled: async () => {},
  };
};
