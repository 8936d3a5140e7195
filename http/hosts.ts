/**
 * Which `Host` is answered to. A page of a foreign site whose name was rebound to 127.0.0.1 still sends its own name here,
 * and is refused by it: always on loopback, and elsewhere while the page may know the key.
 */

const bare = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();
const local = new Set(['localhost', '127.0.0.1', '[::1]']);

/** True for every address that only this machine can reach. */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);

export interface HostRules {
  readonly listenAddress: string;
  /** Further names, with or without a port; `*` admits every name. */
  readonly allowed: readonly string[];
  /** The key is the one that everybody knows. */
  readonly defaultKey: boolean;
}

/** `rules` are asked while somebody is served, and are always the same. */
export function hostGate(rules: () => HostRules): (host: string, peerIsLoopback: boolean) => boolean {
  // Most of those who come, come to the same name.
  let latest: { readonly host: string; readonly peerIsLoopback: boolean } | null = null;
  return (host, peerIsLoopback) => {
    if (latest?.host === host && latest.peerIsLoopback === peerIsLoopback) return true;
    const admitted = hostAdmitted(host, peerIsLoopback, rules());
    if (admitted) latest = { host, peerIsLoopback };
    return admitted;
  };
}

export function hostAdmitted(host: string, peerIsLoopback: boolean, rules: HostRules): boolean {
  const { listenAddress, allowed, defaultKey } = rules;
  const guarded = isLoopbackAddress(listenAddress) || (defaultKey && peerIsLoopback);
  if (!guarded || local.has(bare(host))) return true;
  const name = host.toLowerCase();
  return allowed.some((entry) => entry === '*' || entry.toLowerCase() === name || entry.toLowerCase() === bare(name));
}
