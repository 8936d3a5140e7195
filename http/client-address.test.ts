import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, isLocalCaller, trustOf } from './client-address.ts';
import { type Address, parseAddress, unknownAddress } from './ip-address.ts';

const at = (text: string): Address => parseAddress(text) ?? unknownAddress;
const headers = (known: Readonly<Record<string, string>>) => (name: string) => known[name] ?? '';
const found = (rule: string, peer: string, forwarded: string, others: Readonly<Record<string, string>> = {}) => {
  const trust = trustOf(rule);
  if (trust === null) throw new Error(`${rule} is not understood`);
  return clientAddress(at(peer), headers({ 'x-forwarded-for': forwarded, ...others }), trust);
};

describe('P-44 the client', () => {
  it.each([
    // rule, peer, X-Forwarded-For, the client
    ['loopback', '127.0.0.1', '', '127.0.0.1'],
    ['loopback', '127.0.0.1', '8.8.8.8', '8.8.8.8'],
    ['loopback', '::ffff:127.0.0.1', '8.8.8.8', '8.8.8.8'],
    ['loopback', '::1', '127.0.0.1, 8.8.8.8', '8.8.8.8'],
    ['loopback', '127.0.0.1', '8.8.8.8, 127.0.0.1', '8.8.8.8'],
    ['loopback', '10.0.0.1', '127.0.0.1', '10.0.0.1'],
    ['loopback', '127.0.0.1', '1.2.3.4:555', '1.2.3.4'],
    ['loopback', '127.0.0.1', '[2001:db8::1]:555', '2001:db8::1'],
    ['loopback', '127.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['false', '127.0.0.1', '8.8.8.8', '127.0.0.1'],
    ['true', '9.9.9.9', '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    ['0', '127.0.0.1', '8.8.8.8', '127.0.0.1'],
    ['1', '9.9.9.9', '1.1.1.1, 2.2.2.2', '2.2.2.2'],
    ['2', '9.9.9.9', '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    ['uniquelocal', '10.1.2.3', '1.1.1.1, 192.168.0.9', '1.1.1.1'],
    ['uniquelocal', 'fd00::1', '1.1.1.1', '1.1.1.1'],
    ['linklocal', '169.254.1.1', '1.1.1.1', '1.1.1.1'],
    ['linklocal', 'fe80::1', '1.1.1.1', '1.1.1.1'],
    ['linklocal', '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    ['loopback, 203.0.113.0/24', '127.0.0.1', '1.1.1.1, 203.0.113.7', '1.1.1.1'],
    ['203.0.113.7', '203.0.113.8', '1.1.1.1', '203.0.113.8'],
  ])('with %s, from %s, forwarded for %j, is %s', (rule, peer, forwarded, client) => {
    expect(found(rule, peer, forwarded)).toEqual(at(client));
  });

  it.each([
    ['true', '9.9.9.9', '127.0.0.1'],
    ['true', '127.0.0.1', '127.0.0.1, 9.9.9.9'],
    ['2', '127.0.0.1', '::1, 9.9.9.9'],
    ['uniquelocal', '10.1.2.3', '127.0.0.1'],
  ])('with %s, from %s, is not here because another machine says so: %j', (rule, peer, forwarded) => {
    expect(isLocalCaller({ client: found(rule, peer, forwarded) })).toBe(false);
  });

  it('P-44 is local only where everybody who speaks for it is', () => {
    const entry = fc.constantFrom('127.0.0.1', '::1', '10.0.0.1', '9.9.9.9');
    const rule = fc.constantFrom('true', 'loopback', '9', 'uniquelocal, loopback');
    fc.assert(
      fc.property(rule, entry, fc.array(entry, { minLength: 1, maxLength: 4 }), (trust, peer, entries) => {
        const local = [...entries, peer].every((each) => each === '127.0.0.1' || each === '::1');
        const client = found(trust, peer, entries.join(', '));
        expect(isLocalCaller({ client })).toBe(local);
      }),
    );
  });

  it.each(['unknown', '_hidden', '127.0.0.1.evil.example', '8.8.8.8, ?'])(
    'is nobody known, forwarded for %j',
    (text) => {
      expect(found('loopback', '127.0.0.1', text)).toBe(unknownAddress);
    },
  );

  it.each(['forwarded', 'x-real-ip', 'x-forwarded-host', 'via'])('is nobody known when only %s is there', (name) => {
    expect(found('loopback', '127.0.0.1', '', { [name]: '127.0.0.1' })).toBe(unknownAddress);
    expect(isLocalCaller({ client: found('false', '127.0.0.1', '', { [name]: 'x' }) })).toBe(true);
  });

  it('is never what it says of itself, in front of what a trusted proxy has seen', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 5 }), (claims) => {
        const forwarded = [...claims.map((claim) => claim.replaceAll(',', '')), '203.0.113.9'].join(', ');
        expect(found('loopback', '127.0.0.1', forwarded)).toEqual(at('203.0.113.9'));
      }),
    );
  });
});

describe('a rule', () => {
  it.each(['localhost', '1.2.3', '10.0.0.0/33', 'loopback,', '', '100'])('%j is not one', (rule) => {
    expect(trustOf(rule)).toBeNull();
  });
});
