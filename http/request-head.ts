/** What a request says before its body: a copy, because uWebSockets.js takes its own back when the handler returns. */

import { isSame } from './auth.ts';
import { clientAddress, type Trust } from './client-address.ts';
import { Interned } from './interned.ts';
import { type Address, addressOf, isLoopback } from './ip-address.ts';
import { limits } from './limits.ts';
import type { HttpRequest, HttpResponse } from './uws-types.ts';

export interface RequestHead {
  /** Upper case. */
  readonly method: string;
  /** Raw path, at most `urlCharsMax` characters of it. */
  readonly path: string;
  readonly query: string;
  /** True when the other end of the connection is this machine; says nothing about proxies in between. */
  readonly peerIsLoopback: boolean;
  /** Who asks, as far as trusted proxies tell. */
  readonly client: Address;
  /** Several lengths were announced: where this request ends and the next begins is anybody's guess. */
  readonly lengthsDiffer: boolean;
  /** All of them, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** By lower-case name; empty when it was not sent. Of several equal names the first counts, of `x-forwarded-for` all. */
  header(name: string): string;
}

/** Of many requests under way most headers are the same. */
const texts = new Interned(limits.headerTextsMax, limits.headerTextCharsMax);

/** What is compared with it takes the same time, whatever was sent: it may be somebody else's. */
const secretHeader = 'authorization';

interface Headers {
  /** As they came, name and value in turn. */
  readonly lines: readonly string[];
  readonly named: ReadonlyMap<string, string>;
  readonly header: (name: string) => string;
  readonly lengthsDiffer: boolean;
}

/** Of most requests they are those of the request before, and are kept once. */
let latestHeaders: Headers = headersOf([]);

function headersOf(lines: readonly string[]): Headers {
  const named = new Map<string, string>();
  let lengthsDiffer = false;
  for (let at = 0; at < lines.length; at += 2) {
    const [name, value] = [lines[at]!, lines[at + 1]!];
    if (!named.has(name)) named.set(name, value);
    // A proxy may add a line of its own: what it has seen is the last entry of all lines.
    else if (name === 'x-forwarded-for') named.set(name, `${named.get(name)}, ${value}`);
    else if (name === 'content-length' && named.get(name) !== value) lengthsDiffer = true;
  }
  return { lines, named, header: (name) => named.get(name) ?? '', lengthsDiffer };
}

function readHeaders(request: HttpRequest): Headers {
  const known = latestHeaders;
  const { lines } = known;
  let at = 0;
  /** Null: as far as they were read they are the same. */
  let others: string[] | null = null;
  request.forEach((name, value) => {
    if (others === null) {
      const before = lines[at + 1];
      if (before !== undefined && name === lines[at]) {
        if (name === secretHeader ? isSame(value, before) : value === before) {
          at += 2;
          return;
        }
      }
      others = lines.slice(0, at);
    }
    others.push(texts.of(name), texts.of(value));
  });
  if (others === null && at === lines.length) return known;
  latestHeaders = headersOf(others ?? lines.slice(0, at));
  return latestHeaders;
}

interface Peer {
  readonly bytes: Uint8Array;
  readonly address: Address;
  readonly isLoopback: boolean;
}

/** Of most requests it is the one of the request before. */
let latestPeer: Peer = { bytes: new Uint8Array(0), address: addressOf(new Uint8Array(0)), isLoopback: false };

function peerOf(socket: ArrayBuffer): Peer {
  const bytes = new Uint8Array(socket);
  const known = latestPeer;
  let isSame = bytes.length === known.bytes.length;
  for (let at = 0; isSame && at < bytes.length; at += 1) isSame = bytes[at] === known.bytes[at];
  if (isSame) return known;
  const address = addressOf(bytes);
  latestPeer = { bytes, address, isLoopback: isLoopback(address) };
  return latestPeer;
}

export function readHead(response: HttpResponse, request: HttpRequest, trust: Trust): RequestHead {
  const { named, header, lengthsDiffer } = readHeaders(request);
  const peer = peerOf(response.getRemoteAddress());
  return {
    method: request.getMethod().toUpperCase(),
    path: request.getUrl().slice(0, limits.urlCharsMax),
    query: request.getQuery() ?? '',
    peerIsLoopback: peer.isLoopback,
    client: clientAddress(peer.address, header, trust),
    lengthsDiffer,
    headers: named,
    header,
  };
}

/** Bytes that follow the head, as far as it says; null: unknown until they end. */
export function announcedBodyBytes(head: RequestHead): number | null {
  if (head.header('transfer-encoding') !== '') return null;
  const length = head.header('content-length');
  if (length === '') return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** uWebSockets.js closes such a connection with the end of its answer, also when the client is still sending. */
export const closesByItself = (head: RequestHead): boolean => /\bclose\b/i.test(head.header('connection'));
