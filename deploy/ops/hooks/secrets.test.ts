import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileFinding, findingsIn } from './secrets.ts';

const word = (length: number) =>
  fc
    .array(fc.constantFrom(...Array.from('ABCDEFGHJKLMNPQRSTUVWXYZ23456789')), { minLength: length, maxLength: length })
    .map((all) => all.join(''));

/** Put together here, so that this file does not find itself. */
const made: readonly (readonly [string, (random: string) => string])[] = [
  ['a private key', () => ['-----BEGIN', 'PRIVATE KEY-----'].join(' ')],
  ['a key of OpenAI or its like', (random) => `key = "${['sk', 'proj', random].join('-')}"`],
  ['a token of GitHub', (random) => ['ghp', random].join('_')],
  ['a key of AWS', (random) => `AKI${'A'}${random.slice(0, 16)}`],
  ['a signed token', (random) => [`ey${'J'}${random}`, `ey${'J'}${random}`, random].join('.')],
  ['a sign-in of Codex', (random) => `"refresh_${'token'}": "${random}"`],
  ['a user in an address', (random) => `https://someone:${random}${'@'}example.org/x`],
];

describe.each(made)('%s', (kind, make) => {
  it('is found with its line, and not repeated', () => {
    fc.assert(
      fc.property(word(40), (random) => {
        const [finding = '', ...more] = findingsIn('a.ts', `one\n${make(random)}\nthree`);
        expect([finding, more]).toEqual([`a.ts:2: looks like ${kind}`, []]);
        expect(finding).not.toContain(random);
      }),
    );
  });

  it('is let through where the line says so', () => {
    expect(findingsIn('a.ts', `${make('A'.repeat(40))} // not-a-secret`)).toEqual([]);
  });
});

it.each([
  'codex-local-secret',
  'PROXY_API_KEY=${PROXY_API_KEY:?}',
  'Bearer <key>',
  'http://user@host/',
  'https://host:8443/a@b',
])('finds nothing in %j', (text) => expect(findingsIn('a.ts', text)).toEqual([]));

it.each(['.env', 'deploy/.env.dev', '.codex-api/auth.json', 'keys/id_ed25519', 'server.pem'])(
  'refuses %s by its name',
  (path) => {
    expect(fileFinding(path)).toContain(`${path}: `);
  },
);

it.each(['.env.example', '.env.dev.example', 'http/auth.ts', 'docs/auth.json.md'])('takes %s', (path) => {
  expect(fileFinding(path)).toBeNull();
});
