/**
 * Which addresses belong to the public Internet. Whatever is not known to be public is not: loopback, private and link-local
 * networks, those of carriers, of tests and of tunnels, multicast, and addresses that carry another one inside.
 */

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** In a public range, and the host of every Azure machine. */
const azureHost = '168.63.129.16';

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // Of IPv6 only 2000::/3 is in public use; that leaves out the old forms with an IPv4 address inside.
  return parsed instanceof ipaddr.IPv6 ? ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000 : address !== azureHost;
}
