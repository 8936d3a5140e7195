/**
 * Where a node stands on the port that it shares. In front, the kernel spreads new connections over all nodes. Behind, a node gets one
 * only while nobody is in front: so it stands there while none of its workers can be had, and whoever comes new is served by a node that
 * can; when none can, all are behind, and say so. The kernel decides at each connection: nobody has to know of the others, and nobody
 * who dies or hangs leaves the port without a listener.
 *
 * Invariants: with a worker that is ready it is in front; it steps aside only when every worker has died and rests; in between it
 * stays where it is. So it moves no more than twice for each restart of a worker, and these are bounded.
 */

import type { Watch } from '../actors/diagnostics.ts';
import type { LogEvent } from '../actors/log-events.ts';
import type { Clock, Journal } from '../actors/seams.ts';
import type { Health, WorkerHealth } from '../actors/service.ts';
import type { HttpHappenings } from './happenings.ts';

export type Place = 'front' | 'back';

/**
 * The address of the place behind: the same one, as IPv6 writes those of IPv4. Of sockets on one port the kernel (Linux 4.6) tries
 * those of IPv4 first and takes one of IPv6 when there is none. Null: there is no such place.
 */
export const behind = (host: string, platform: string = process.platform): string | null =>
  platform === 'linux' && /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? `::ffff:${host}` : null;

/** Backing off, or not to be started for now. */
const resting: ReadonlySet<string> = new Set(['resting', 'open']);

export const standing = (workers: readonly Pick<WorkerHealth, 'state'>[], place: Place): Place => {
  if (workers.some(({ state }) => state === 'ready')) return 'front';
  return workers.every(({ state }) => resting.has(state)) ? 'back' : place;
};

export interface StandingOptions {
  readonly watch: Watch<HttpHappenings>;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly health: () => Pick<Health, 'workers'>;
  /** False: it stays where it is. */
  readonly stand: (place: Place) => boolean;
}

/** With each of them, and with nothing else, a worker may have come or gone. */
const changes: ReadonlySet<LogEvent> = new Set([
  'readiness_changed',
  'worker_restart_scheduled',
  'worker_restart_limit',
]);
const againMs = 1_000;

export const keepStanding = ({ watch, clock, journal, health, stand }: StandingOptions): void => {
  let place: Place = 'front';
  let cancel = (): void => {};
  const look = (): void => {
    cancel();
    const wanted = standing(health().workers, place);
    if (wanted === place) return;
    if (stand(wanted)) {
      place = wanted;
      if (place === 'back') journal.warn('node_aside', {});
      else journal.info('node_back', {});
    } else if (wanted === 'front') cancel = clock.schedule(againMs, look);
  };
  watch('event.logged', ({ event }) => void (changes.has(event) && look()));
};
