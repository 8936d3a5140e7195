/** Happenings that a test publishes itself, for whoever watches them. */

import type { Watch } from '../actors/diagnostics.ts';
import type { RequestHead } from '../http/request-head.ts';

export class Watchers<All> {
  readonly #heard: { name: keyof All; heard: (told: never) => void }[] = [];

  readonly watch: Watch<All> = (name, heard) => {
    this.#heard.push({ name, heard: heard as (told: never) => void });
    return () => {};
  };

  readonly tell = <Name extends keyof All>(name: Name, told: All[Name]): void => {
    for (const one of this.#heard) if (one.name === name) one.heard(told as never);
  };
}

export const headOf = (headers: Readonly<Record<string, string>> = {}, method = 'POST'): RequestHead => ({
  method,
  path: '/',
  query: '',
  peerIsLoopback: true,
  client: new Uint8Array(16),
  lengthsDiffer: false,
  headers: new Map(Object.entries(headers)),
  header: (name) => headers[name] ?? '',
});
