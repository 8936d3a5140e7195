/**
 * Which `Host` a server on loopback answers to. A page of a foreign site whose name was rebound to 127.0.0.1 still sends
 * its own name here, and is refused by it.
 */

const bare = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();
const local = new Set(['localhost', '127.0.0.1', '[::1]']);

/** True for every address that only this machine can reach. */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);

/** `allowed`: further names, with or without a port; `*` admits every name. */
export function hostAdmitted(host: string, listenAddress: string, allowed: readonly string[]): boolean {
  if (!isLoopbackAddress(listenAddress) || local.has(bare(host))) return true;
  const name = host.toLowerCase();
  return allowed.some((entry) => entry === '*' || entry.toLowerCase() === name || entry.toLowerCase() === bare(name));
}
