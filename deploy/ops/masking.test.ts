import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { masking, secretsOf } from './masking.ts';

test('no secret is left in a text, wherever it stands and whatever else is secret', () => {
  const secret = fc.string({ minLength: 4, maxLength: 12, unit: fc.constantFrom('a', 'b', 'c', '-', '$', '&') });
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.string()), (secrets, texts) => {
      const text = texts.flatMap((each, index) => [each, secrets[index % secrets.length]]).join('');
      const masked = masking(secrets)(text);
      expect(secrets.filter((each) => masked.includes(each))).toEqual([]);
    }),
  );
});

test.each([
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['key sk-live_0123456789 in a text', 'key *** in a text'],
  ['https://user:word@example.org/path', 'https://***@example.org/path'],
  ['nothing to hide', 'nothing to hide'],
])('%s', (text, masked) => {
  expect(masking([])(text)).toBe(masked);
});

test('a secret is hidden as compose, JSON and YAML write it, too', () => {
  const secret = `a$b"c\\d'e`;
  const doubled = secret.replaceAll('$', () => '$$');
  for (const written of [secret, doubled].flatMap((one) => [
    one,
    JSON.stringify({ one }),
    stringify({ one }),
    `'${one.replaceAll("'", "''")}'`,
  ]))
    expect(masking([secret])(written)).not.toMatch(/a\$|c\\|d'/);
});

test('headers of a receiver of traces are secret', () => {
  const secrets = secretsOf({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc123,x-team=blue team' });
  expect(masking(secrets)('x: abc123 y: api-key=abc123,x-team=blue team')).toBe('x: *** y: ***');
});

test('variables whose name says so are secret, and each of several keys is', () => {
  const secrets = secretsOf({
    PROXY_API_KEY: 'one-key, other-key',
    METRICS_TOKEN: 'token',
    DOMAIN: 'example.org',
    KEY: undefined,
  });
  expect(secrets).toEqual(expect.arrayContaining(['one-key', 'other-key', 'token']));
  expect(secrets).not.toContain('example.org');
  expect(
    secretsOf({ PROXY_ENFORCE_MAX_TOKENS: 'true', PROXY_MAX_PROMPT_TOKENS: '4096', TOKEN_LOG_PATH: '/a/b' }),
  ).toEqual([]);
  const named = [
    'KEY',
    'CODEX_PROVIDER_KEY',
    'CF_API_TOKEN',
    'CODEX_BACKUP_GPG_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'PROXY_API_KEYS',
  ];
  expect(named.filter((name) => secretsOf({ [name]: 'value' }).length === 0)).toEqual([]);
});
