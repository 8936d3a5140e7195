/**
 * Loads the uWebSockets.js binary: the newest build that this machine's C library can load, else the older one.
 * Invariant: whoever gets no server learns from one error why each build was refused.
 */

import { createRequire } from 'node:module';
import { limits } from './limits.ts';
import type { Uws } from './uws-types.ts';

export const buildPins = ['20.69', '20.51'] as const;
export type UwsBuild = (typeof buildPins)[number];

export interface LoadedUws {
  readonly uws: Uws;
  /** As in `20.51 (uWebSockets.js)`, for the start-up line. */
  readonly build: string;
}

/** No header `uWebSockets: 20` with the answers: for the whole process. */
const noBanner = '999999990007';

interface Platform {
  readonly platform: string;
  readonly arch: string;
  readonly node: string;
}

/** Package aliases in the order in which they are tried. */
export function candidates(host: Platform, pin?: string): readonly (readonly [build: UwsBuild, alias: string])[] {
  const major = host.node.split('.')[0] ?? '';
  const place = `${host.platform}-${host.arch}`;
  const suffix = place === 'linux-x64' ? '' : `-${place}`;
  const all: [UwsBuild, string][] = [['20.69', `uws-20.69-node${major}${suffix}`]];
  if (major === '22') all.push(['20.51', suffix === '' ? 'uWebSockets.js' : `uws-20.51-node22${suffix}`]);
  return pin === undefined || pin === '' ? all : all.filter(([build]) => build === pin);
}

/** `environment`: for `UWS_BUILD`. */
export function loadUws(
  environment: NodeJS.ProcessEnv = process.env,
  require: (alias: string) => unknown = createRequire(import.meta.url),
): LoadedUws {
  const pin = environment['UWS_BUILD'];
  if (pin !== undefined && pin !== '' && !buildPins.some((build) => build === pin)) {
    throw new Error(`UWS_BUILD must be ${buildPins.join(' or ')}, not ${JSON.stringify(pin)}`);
  }
  // The binary reads it once, while it is being required, and from the process itself: a copy would not do.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(limits.headerBytesMax);
  const refusals: string[] = [];
  const host = { platform: process.platform, arch: process.arch, node: process.versions.node };
  for (const [build, alias] of candidates(host, pin)) {
    try {
      const uws = require(alias) as Uws;
      uws._cfg?.(noBanner);
      return { uws, build: `${build} (${alias})` };
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      refusals.push(`${alias}: ${reason}`);
    }
  }
  if (refusals.length === 0) refusals.push(`no build ${pin ?? ''} is packaged for this platform`);
  const where = `Node ${host.node}, ${host.platform}-${host.arch}`;
  throw new Error(`no uWebSockets.js build could be loaded (${where}): ${refusals.join('; ')}`);
}
