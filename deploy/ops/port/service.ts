/** A service of a rendered compose file, whichever way its labels, mounts and ports are written. */

import { parse } from 'yaml';
import { Failure, messageOf } from '../refusal.ts';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Service {
  /** A label that is written twice is here twice. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly mounts: readonly Mount[];
  /** As `host:published:target`, the host empty when every address is meant. */
  readonly ports: readonly { readonly host: string; readonly published: string }[];
  readonly networks: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

export function readYaml(text: string, name: string): unknown {
  try {
    return parse(text, { merge: true, maxAliasCount: 10_000 }) as unknown;
  } catch (error) {
    throw new Failure(`${name} is no YAML: ${messageOf(error).split('\n')[0] ?? ''}`);
  }
}

const labelsOf = (labels: unknown): Service['labels'] =>
  Array.isArray(labels)
    ? listOf(labels).map((label) => {
        const text = textOf(label);
        const at = text.indexOf('=');
        return at < 0 ? ([text, ''] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
      })
    : Object.entries(fieldsOf(labels)).map(([name, value]) => [name, textOf(value)] as const);

const mountsOf = (volumes: unknown): readonly Mount[] =>
  listOf(volumes).map((volume) => {
    if (typeof volume === 'string') {
      const [source = '', target = '', mode = ''] = volume.split(':');
      return { source, target, readOnly: mode.split(',').includes('ro') };
    }
    const { source, target, read_only: readOnly } = fieldsOf(volume);
    return { source: textOf(source), target: textOf(target), readOnly: readOnly === true };
  });

const portsOf = (ports: unknown): Service['ports'] =>
  listOf(ports).map((port) => {
    if (typeof port === 'object') {
      const { host_ip: host, published } = fieldsOf(port);
      return { host: textOf(host), published: textOf(published) };
    }
    const parts = textOf(port).split(':');
    return { host: parts.slice(0, -2).join(':'), published: parts.at(-2) ?? '' };
  });

export interface ComposeView {
  readonly service: (name: string) => Service | undefined;
  /** Networks that are there before the stack is. */
  readonly externalNetworks: readonly string[];
}

export function viewOf(document: unknown): ComposeView {
  const { services, networks } = fieldsOf(document);
  const external = Object.entries(fieldsOf(networks)).filter(
    ([, network]) => fieldsOf(network)['external'] !== undefined,
  );
  return {
    externalNetworks: external.map(([name]) => name),
    service: (name) => {
      const found = fieldsOf(services)[name];
      if (found === undefined) return undefined;
      const { labels, volumes, ports, networks: joined } = fieldsOf(found);
      return {
        labels: labelsOf(labels),
        mounts: mountsOf(volumes),
        ports: portsOf(ports),
        networks: Array.isArray(joined) ? listOf(joined).map(textOf) : Object.keys(fieldsOf(joined)),
      };
    },
  };
}
