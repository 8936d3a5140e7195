/** What a request says before its body: a copy, because uWebSockets.js takes its own back when the handler returns. */

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
  /** Several lengths were announced: where this request ends and the next begins is anybody's guess. */
  readonly lengthsDiffer: boolean;
  /** By lower-case name; empty when it was not sent. Of several equal names the first counts. */
  header(name: string): string;
}

const ipv6Loopback = new Uint8Array(16).fill(1, 15);
const mappedPrefix = new Uint8Array(12).fill(0xff, 10);

export function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  if (address.length !== 16) return false;
  if (ipv6Loopback.every((byte, index) => address[index] === byte)) return true;
  return mappedPrefix.every((byte, index) => address[index] === byte) && address[12] === 127;
}

export function readHead(response: HttpResponse, request: HttpRequest): RequestHead {
  const headers = new Map<string, string>();
  let lengthsDiffer = false;
  request.forEach((name, value) => {
    if (!headers.has(name)) headers.set(name, value);
    else if (name === 'content-length' && headers.get(name) !== value) lengthsDiffer = true;
  });
  return {
    method: request.getMethod().toUpperCase(),
    path: request.getUrl().slice(0, limits.urlCharsMax),
    query: request.getQuery() ?? '',
    peerIsLoopback: isLoopback(new Uint8Array(response.getRemoteAddress())),
    lengthsDiffer,
    header: (name) => headers.get(name) ?? '',
  };
}

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Somebody on this machine, not somebody whom a proxy on this machine speaks for. */
export const isLocalCaller = (head: RequestHead): boolean =>
  head.peerIsLoopback && forwardingHeaders.every((name) => head.header(name) === '');

/** Bytes that follow the head, as far as it says; null: unknown until they end. */
export function announcedBodyBytes(head: RequestHead): number | null {
  if (head.header('transfer-encoding') !== '') return null;
  const length = head.header('content-length');
  if (length === '') return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}
