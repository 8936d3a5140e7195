/**
 * Who asks, when proxies stand in between. `X-Forwarded-For` is read from its end, where the nearest proxy has written, as long
 * as whoever vouches for an entry is trusted. Invariant: a client cannot choose its own address, because what it writes itself
 * stands in front of what a trusted proxy has seen. The loopback of another machine is not ours, whoever is trusted: only somebody
 * here can be local.
 */

import {
  type Address,
  isLoopback,
  type Network,
  networks,
  parseAddress,
  parseNetwork,
  unknownAddress,
  within,
} from './ip-address.ts';

/** Whether an address may speak for another one; `hop` counts from 0, the other end of the connection. */
export type Trust = (address: Address, hop: number) => boolean;

const networksOf = (name: string): readonly Network[] | null => {
  const one = parseNetwork(name);
  return networks[name] ?? (one === null ? null : [one]);
};

/** As in `PROXY_TRUST_PROXY`; null: not understood. */
export function trustOf(rule: string): Trust | null {
  if (rule === 'true') return () => true;
  if (rule === 'false') return () => false;
  if (/^\d{1,2}$/.test(rule)) return (_, hop) => hop < Number(rule);
  const found = rule.split(',').map((name) => networksOf(name.trim()));
  if (found.includes(null)) return null;
  const trusted = found.flatMap((each) => each ?? []);
  return (address) => trusted.some((network) => within(address, network));
}

/** Some add a port, and brackets around an address of IPv6. */
const entryAddress = (entry: string): Address => {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return parseAddress(bare) ?? unknownAddress;
};

/** By these a proxy gives itself away that does not tell for whom it speaks. */
const otherHeaders = ['forwarded', 'x-real-ip', 'x-forwarded-host', 'via'];

export function clientAddress(peer: Address, header: (name: string) => string, trust: Trust): Address {
  if (!trust(peer, 0)) return peer;
  const forwarded = header('x-forwarded-for');
  const chain = (forwarded === '' ? [] : forwarded.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (chain.length === 0) return otherHeaders.some((name) => header(name) !== '') ? unknownAddress : peer;
  let client = peer;
  for (const [hop, entry] of chain.reverse().entries()) {
    const speaker = client;
    client = entryAddress(entry);
    if (isLoopback(client) && !isLoopback(speaker)) return unknownAddress;
    if (client === unknownAddress || !trust(client, hop + 1)) break;
  }
  return client;
}

/** Somebody on this machine, not somebody whom a proxy on this machine speaks for. */
export const isLocalCaller = ({ client }: { readonly client: Address }): boolean => isLoopback(client);
