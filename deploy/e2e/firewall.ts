/**
 * What a Docker daemon changes in the network of its machine, and how it is put back: rules, forwarding, bridges. Invariant: after
 * `restore` there is no rule and no interface more than at the time of `remember`.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { run, tryRun } from './run.ts';

const forwarding = '/proc/sys/net/ipv4/ip_forward';
const interfaces = (): readonly string[] => readdirSync('/sys/class/net');
const tablesIn = (rules: string): readonly string[] => [...rules.matchAll(/^\*(\w+)$/gm)].map(([, name = '']) => name);

/** Rules for every table of `now`: those from `before`, or none with the policy that a fresh table has. */
export function rulesToRestore(before: string, now: string): string {
  const known = tablesIn(before);
  const emptied = now
    .split(/(?=^\*)/m)
    .filter((table) => table.startsWith('*') && !known.includes(tablesIn(table)[0] ?? ''))
    .map((table) => {
      const chains = [...table.matchAll(/^:(\S+) (?:ACCEPT|DROP)/gm)].map(([, chain]) => `:${chain} ACCEPT [0:0]`);
      return [table.split('\n', 1)[0], ...chains, 'COMMIT', ''].join('\n');
    });
  return [before, ...emptied].join('\n');
}

export async function remember(): Promise<() => Promise<void>> {
  const rules = await run('iptables-save', []);
  const [forwarded, known] = [readFileSync(forwarding, 'utf8'), interfaces()];
  return async () => {
    const now = await run('iptables-save', []);
    await run('iptables-restore', [], { input: rulesToRestore(rules, now) });
    const ours = interfaces().filter((name) => !known.includes(name) && /^(docker|br-|veth)/.test(name));
    for (const name of ours) await tryRun('ip', ['link', 'delete', name]);
    writeFileSync(forwarding, forwarded);
  };
}
