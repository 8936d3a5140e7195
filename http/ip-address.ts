/**
 * Internet addresses and networks as sixteen bytes, those of IPv4 mapped into IPv6, so that one comparison does for both and no
 * address has two forms.
 */

export type Address = Uint8Array;

export interface Network {
  readonly address: Address;
  /** Leading bits that count, of 128. */
  readonly bits: number;
}

const mapped = (tail: readonly number[]): Address => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...tail);

/** What nobody has: stands for a caller of whom nothing is known. */
export const unknownAddress: Address = new Uint8Array(16);

/** Of a socket: four bytes, sixteen, or none. */
export const addressOf = (bytes: Uint8Array): Address => {
  if (bytes.length !== 4) return bytes.length === 16 ? bytes : unknownAddress;
  const address = new Uint8Array(16);
  address[10] = 0xff;
  address[11] = 0xff;
  address.set(bytes, 12);
  return address;
};

const ipv4 = (text: string): readonly number[] | null => {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) return null;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : null;
};

/** Groups of one side of `::`. An IPv4 address at the end is two of them. */
const groups = (text: string): readonly number[] | null => {
  if (text === '') return [];
  const parts = text.split(':');
  const tail = ipv4(parts.at(-1) ?? '');
  const words = tail === null ? parts : parts.slice(0, -1);
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return null;
  const numbers = words.map((word) => Number.parseInt(word, 16));
  const [a = 0, b = 0, c = 0, d = 0] = tail ?? [];
  return tail === null ? numbers : [...numbers, 256 * a + b, 256 * c + d];
};

const ipv6 = (text: string): Address | null => {
  const [left = '', right, ...more] = text.split('::');
  const [before, after] = [groups(left), groups(right ?? '')];
  // An IPv4 address stands at the very end.
  if (before === null || after === null || more.length > 0 || (right !== undefined && left.includes('.'))) return null;
  const missing = 8 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  const words = [...before, ...Array<number>(missing).fill(0), ...after];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
};

export const parseAddress = (text: string): Address | null => {
  const bytes = ipv4(text);
  return bytes === null ? ipv6(text) : mapped(bytes);
};

const isOfIpv4 = (address: Address): boolean => {
  for (let at = 0; at < 12; at += 1) if (address[at] !== (at < 10 ? 0 : 0xff)) return false;
  return true;
};

/** As people write it; null: nobody has it. */
export const addressText = (address: Address): string | null => {
  if (isOfIpv4(address)) return `${address[12]}.${address[13]}.${address[14]}.${address[15]}`;
  const bytes = [...address];
  if (bytes.every((byte) => byte === 0)) return null;
  const words = Array.from({ length: 8 }, (_, at) =>
    (256 * (bytes[2 * at] ?? 0) + (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  const text = words.join(':');
  const [longest = ''] = [...text.matchAll(/(?:(?<=:)|^)0(?::0)+(?=:|$)/g)]
    .map(([run]) => run)
    .sort((one, other) => other.length - one.length);
  return longest === '' ? text : text.replace(new RegExp(`(?:^|:)${longest}(?::|$)`), '::');
};

/** An address, or one with the number of bits that count. */
export const parseNetwork = (text: string): Network | null => {
  const [host = '', length, ...more] = text.split('/');
  const address = parseAddress(host);
  if (address === null || more.length > 0) return null;
  if (length === undefined) return { address, bits: 128 };
  const own = ipv4(host) === null ? 128 : 32;
  const given = /^\d{1,3}$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
  return given > own ? null : { address, bits: given + 128 - own };
};

export const within = (address: Address, network: Network): boolean => {
  for (let bit = 0; bit < network.bits; bit += 8) {
    const mask = network.bits - bit >= 8 ? 255 : 255 & (255 << (8 - (network.bits - bit)));
    if ((((address[bit / 8] ?? 0) ^ (network.address[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
};

const known = (...texts: readonly string[]): readonly Network[] => texts.flatMap((text) => parseNetwork(text) ?? []);

/** Networks that have a name. */
export const networks: Readonly<Record<string, readonly Network[]>> = {
  loopback: known('127.0.0.0/8', '::1'),
  linklocal: known('169.254.0.0/16', 'fe80::/10'),
  uniquelocal: known('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'),
};

const loopback = networks['loopback'] ?? [];

export const isLoopback = (address: Address): boolean => {
  for (const network of loopback) if (within(address, network)) return true;
  return false;
};
