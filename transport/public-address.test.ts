import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from './public-address.ts';

type Range = readonly [first: readonly number[], bits: number];

const range4 = (text: string): Range => {
  const [address = '', bits = ''] = text.split('/');
  return [address.split('.').map(Number), Number(bits)];
};

/** What the registries of IANA call not globally reachable, and multicast. */
const notPublic = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32', '168.63.129.16/32'],
].map(range4);

/** Any address of a range. */
const within = ([first, bits]: Range): fc.Arbitrary<readonly number[]> =>
  fc.tuple(...first.map(() => fc.nat(255))).map((random) =>
    first.map((byte, i) => {
      const fixed = Math.min(8, Math.max(0, bits - i * 8));
      const mask = (0xff << (8 - fixed)) & 0xff;
      return (byte & mask) | ((random[i] ?? 0) & ~mask & 0xff);
    }),
  );

const aPrivate = fc.constantFrom(...notPublic).chain(within);
const dotted = (bytes: readonly number[]): string => bytes.join('.');
const hex = (bytes: readonly number[]): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{4})(?=.)/g, '$1:');

/** As the rest of the gateway sees a host: after the URL parser has read it. */
const host = (text: string): string => new URL(`http://${text}/`).hostname.replace(/^\[|\]$/g, '');

/** Spellings of an IPv4 address that URLs may have. */
const spellings: readonly ((bytes: readonly number[]) => string)[] = [
  dotted,
  (bytes) => bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
  (bytes) => bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
  (bytes) => String(Buffer.from(bytes).readUInt32BE()),
  (bytes) => `0x${Buffer.from(bytes).toString('hex')}`,
  ([a, ...rest]) => `${a}.${rest.reduce((sum, byte) => sum * 256 + byte, 0)}`,
  (bytes) => bytes.join('%2E'),
  (bytes) => `${bytes.join('。')}.`,
];

/** IPv6 addresses that have it inside. */
const carriers: readonly ((bytes: readonly number[]) => string)[] = [
  (bytes) => `::ffff:${dotted(bytes)}`,
  (bytes) => `::ffff:${hex(bytes)}`,
  (bytes) => `0:0:0:0:0:FFFF:${hex(bytes)}`,
  (bytes) => `::${dotted(bytes)}`,
  (bytes) => `::ffff:0:${dotted(bytes)}`,
  (bytes) => `64:ff9b::${dotted(bytes)}`,
  (bytes) => `64:ff9b:1::${hex(bytes)}`,
  (bytes) => `2002:${hex(bytes)}::1`,
  (bytes) => `2001::${hex(bytes)}`,
];

describe('an address is not public', () => {
  test('in any private range of IPv4, however it is spelled', () => {
    fc.assert(
      fc.property(aPrivate, fc.constantFrom(...spellings), (bytes, spell) => {
        expect(host(spell(bytes))).toBe(dotted(bytes));
        expect(isPublicAddress(host(spell(bytes)))).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test('with any IPv4 address inside, private or not', () => {
    const any = fc.oneof(aPrivate, fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)));
    fc.assert(
      fc.property(any, fc.constantFrom(...carriers), (bytes, carry) => {
        expect(isPublicAddress(carry(bytes))).toBe(false);
        expect(isPublicAddress(host(`[${carry(bytes)}]`))).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test('in any range of IPv6 beyond 2000::/3', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(65_535), { minLength: 8, maxLength: 8 }), (parts) => {
        const [first = 0, ...rest] = parts;
        const outside = first >= 0x2000 && first <= 0x3fff ? first ^ 0x8000 : first;
        expect(isPublicAddress([outside, ...rest].map((part) => part.toString(16)).join(':'))).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'ff02::1'],
    ...['100::1', '2001:db8::1', '3fff::1', '2001:2::1', '2001:10::1', '2001:20::1', '2620:4f:8000::1'],
    ...['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
    ...[
      '',
      'localhost',
      '1',
      '0x7f.1',
      '127.1',
      '8.8.8',
      '08.8.8.8',
      '8.8.8.8 ',
      '2606:4700::1111%1',
      '::ffff:8.8.8.8',
    ],
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

test.each(['1.1.1.1', '8.8.8.8', '93.184.215.14', '172.15.0.1', '172.32.0.1', '100.128.0.1', '168.63.129.17'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
);

test.each(['2606:4700:4700::1111', '2a00:1450:4001:82a::200e', '2001:4860:4860::8888'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});
