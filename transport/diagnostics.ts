/**
 * Happenings as channels of `node:diagnostics_channel`, named `codex-actors:<happening>`: whatever else runs in this process can
 * watch them, too. Invariant: a watcher that throws is reported once and goes on being told; it fails nothing.
 */

import { type Channel, channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Diagnostics, Watch } from '../actors/diagnostics.ts';

const channelName = (happening: PropertyKey): string => `codex-actors:${String(happening)}`;

export interface DiagnosticsChannels<All> extends Diagnostics<All> {
  readonly watch: Watch<All>;
}

/** `failed` is told of the first exception of each watcher. */
export function createDiagnostics<All>(failed: (happening: string, error: unknown) => void): DiagnosticsChannels<All> {
  // Held: Node forgets a channel without subscribers, and looking one up costs more than asking it.
  const channels = new Map<keyof All, Channel>();
  const of = (name: keyof All): Channel => {
    const known = channels.get(name) ?? channel(channelName(name));
    channels.set(name, known);
    return known;
  };
  const report = (happening: string, error: unknown): void => {
    try {
      failed(happening, error);
    } catch {
      // Whoever would be told is the one that fails.
    }
  };
  return {
    watched: (name) => of(name).hasSubscribers,
    publish: (name, happening) => of(name).publish(happening),
    watch: (name, heard) => {
      let hasFailed = false;
      // Left to Node, an exception in here would end the process.
      const listener = (happening: unknown): void => {
        try {
          heard(happening as Parameters<typeof heard>[0]);
        } catch (error) {
          if (hasFailed) return;
          hasFailed = true;
          report(String(name), error);
        }
      };
      subscribe(channelName(name), listener);
      return () => void unsubscribe(channelName(name), listener);
    },
  };
}
