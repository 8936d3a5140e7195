import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  addressText,
  isLoopback,
  parseAddress,
  parseNetwork,
  unknownAddress,
  within,
} from './ip-address.ts';

/** The same by another hand. */
const expected = (text: string): number[] => {
  const parsed = ipaddr.parse(text);
  return (parsed instanceof ipaddr.IPv4 ? parsed.toIPv4MappedAddress() : parsed).toByteArray();
};

describe('an address', () => {
  it('is read as others read it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        // ipaddr.js takes these for mapped.
        fc.pre(!/^::[\d.]+$/.test(text));
        expect([...(parseAddress(text) ?? [])]).toEqual(expected(text));
      }),
    );
  });

  it('is written as others write it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.ipV6()), (given) => {
        const address = (typeof given === 'string' ? parseAddress(given) : given) ?? unknownAddress;
        fc.pre(address.some((byte) => byte !== 0));
        const text = addressText(address) ?? '';
        expect([...(parseAddress(text) ?? [])]).toEqual([...address]);
        const parsed = ipaddr.fromByteArray([...address]);
        if (parsed instanceof ipaddr.IPv6 && !parsed.isIPv4MappedAddress()) {
          expect(text).toBe(parsed.toRFC5952String());
        }
      }),
      { numRuns: 1_000 },
    );
    expect(addressText(unknownAddress)).toBeNull();
    expect(addressText(addressOf(Uint8Array.of(192, 0, 2, 7)))).toBe('192.0.2.7');
    expect(addressText(parseAddress('2001:db8:0:0:1:0:0:0') ?? unknownAddress)).toBe('2001:db8:0:0:1::');
    expect(addressText(parseAddress('::1') ?? unknownAddress)).toBe('::1');
  });

  it('is nothing else', () => {
    const near = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        expect(parseAddress(text) !== null).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    ':::',
    '1::2::3',
    '1.2.3.4::',
    '::1%lo',
    '1:2:3:4:5:6:7',
    'localhost',
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('has one form, whichever way it is told', () => {
    expect(parseAddress('::ffff:127.0.0.1')).toEqual(parseAddress('127.0.0.1'));
    expect(addressOf(Uint8Array.of(127, 0, 0, 1))).toEqual(parseAddress('::ffff:7f00:1'));
    expect(addressOf(new Uint8Array(0))).toBe(unknownAddress);
  });
});

describe('a network', () => {
  it('holds what others say that it holds', () => {
    const network = fc.tuple(fc.ipV4(), fc.nat(32)).map(([host, bits]) => `${host}/${bits}`);
    const larger = fc.tuple(fc.ipV6(), fc.nat(128)).map(([host, bits]) => `${host}/${bits}`);
    const cases = fc.oneof(fc.tuple(fc.ipV4(), network), fc.tuple(fc.ipV6(), larger));
    fc.assert(
      fc.property(cases, ([address, range]) => {
        const found = parseNetwork(range);
        const held = ipaddr.parse(address).match(ipaddr.parseCIDR(range) as [ipaddr.IPv4, number]);
        expect(found !== null && within(parseAddress(address) ?? unknownAddress, found)).toBe(held);
      }),
    );
  });

  it.each(['1.2.3.4/33', '::/129', '1.2.3.4/', '1.2.3.4/8/8', '/8', 'loopback'])('is not %j', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['::', false],
    ['8.8.8.8', false],
  ])('that only this machine reaches: %s %s', (text, local) => {
    expect(isLoopback(parseAddress(text) ?? unknownAddress)).toBe(local);
  });
});
