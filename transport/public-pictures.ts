/**
 * Downloads from the public Internet, for addresses that strangers have chosen. Invariant: a connection goes only to an
 * address that was checked, because all addresses of a name are resolved and checked first and the connection is pinned to
 * them; so again for each redirect. Nothing of the host's network can be learnt from the answer: one word for all failures.
 */

import { promises as dns } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { PictureProblem, PictureSource } from '../actors/seams.ts';
import { isPublicAddress } from './public-address.ts';

const redirectsMax = 3;
const headers = {
  accept: 'image/png, image/jpeg, image/gif, image/webp',
  'accept-encoding': 'identity',
  'user-agent': 'codex-actors',
};

export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface PublicPicturesOptions {
  readonly downloadsMax: number;
  /** For tests, which have no public Internet. */
  readonly isPublic?: (address: string) => boolean;
  readonly resolve?: Resolve;
}

/** Asks the name servers, not the host's own tables, and can be given up. */
async function resolveByDns(name: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const families = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return families.flatMap((family) => (family.status === 'fulfilled' ? family.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Answers with the checked addresses, whatever it is asked. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_name, { all }, found) => {
    const entries = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = entries;
    if (all === true) found(null, entries);
    else if (first !== undefined) found(null, first.address, first.family);
  };

/** The head of the answer; rejects when there is none. */
function ask(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  request(url, { agent: false, lookup: pinned(addresses), signal, headers })
    .on('response', resolve)
    .on('error', reject)
    // After a response this says nothing; without one, such as for an upgrade, it is the end.
    .on('close', () => reject(new Error('no response')))
    .end();
  return promise;
}

async function collect(
  answer: IncomingMessage,
  bytesMax: number,
  take: (bytes: number) => void,
): Promise<Uint8Array | PictureProblem> {
  const { statusCode, headers: given } = answer;
  if (statusCode !== 200 || !/^(identity)?$/i.test(given['content-encoding'] ?? '')) return 'unreachable';
  if (Number(given['content-length'] ?? 0) > bytesMax) return 'size';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return 'size';
    take(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

const target = (text: string, base?: URL): URL | null => {
  const url = URL.parse(text, base?.href);
  const usable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return usable ? url : null;
};

export class PublicPictures implements PictureSource {
  readonly #downloadsMax: number;
  readonly #isPublic: (address: string) => boolean;
  readonly #resolve: Resolve;
  #downloads = 0;

  constructor({ downloadsMax, isPublic = isPublicAddress, resolve = resolveByDns }: PublicPicturesOptions) {
    this.#downloadsMax = downloadsMax;
    this.#isPublic = isPublic;
    this.#resolve = resolve;
  }

  async get(
    url: string,
    bytesMax: number,
    take: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array | PictureProblem> {
    const first = target(url);
    if (first === null) return 'address';
    if (this.#downloads >= this.#downloadsMax) return 'busy';
    this.#downloads += 1;
    try {
      return await this.#follow(first, bytesMax, take, signal);
    } finally {
      this.#downloads -= 1;
    }
  }

  async #follow(
    first: URL,
    bytesMax: number,
    take: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array | PictureProblem> {
    let url: URL | null = first;
    for (let redirects = 0; url !== null && redirects <= redirectsMax; redirects += 1) {
      const addresses = await this.#addresses(url, signal);
      if (addresses === null) return url === first && isLiteral(url) ? 'address' : 'unreachable';
      const answer: IncomingMessage | null = await ask(url, addresses, signal).catch(() => null);
      signal.throwIfAborted();
      if (answer === null) return 'unreachable';
      try {
        const { location } = answer.headers;
        if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) {
          return await collect(answer, bytesMax, take);
        }
        url = target(location, url);
      } catch (error) {
        signal.throwIfAborted();
        // Whatever else was thrown is of `take`.
        if (answer.errored === null) throw error;
        return 'unreachable';
      } finally {
        answer.destroy();
      }
    }
    return 'unreachable';
  }

  /** Null unless there is an address and all are public. */
  async #addresses(url: URL, signal: AbortSignal): Promise<readonly string[] | null> {
    const host = hostOf(url);
    const addresses = isIP(host) === 0 ? await this.#resolve(host, signal).catch(() => []) : [host];
    signal.throwIfAborted();
    return addresses.length > 0 && addresses.every(this.#isPublic) ? addresses : null;
  }
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const isLiteral = (url: URL): boolean => isIP(hostOf(url)) !== 0;
