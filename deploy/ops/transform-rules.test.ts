import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from './refusal.ts';
import { differences, edits, originSet, render, type Rule } from './transform-rules.ts';

const template = readFileSync(join(import.meta.dirname, '../edge/cloudflare/response-headers.template.json'), 'utf8');
const hosts = { DOMAIN: 'api.example.com', ZONE_NAME: 'example.com' };
const [cors] = render(template, hosts, '').rules as readonly [Rule, Rule];
const headersOf = (rule: Rule) => rule.action_parameters.headers;

describe('render', () => {
  test('refuses what is no host name or no origin, and a wildcard', () => {
    for (const host of ['', 'a', 'a b.example', 'x" or true or "', 'a.example/v1'])
      expect(() => render(template, { ...hosts, DOMAIN: host }, '')).toThrow(Refusal);
    for (const origins of ['*', 'chat.example', 'https://a"b', 'https://a.example/path', 'https://a\\b'])
      expect(() => originSet(origins)).toThrow(Refusal);
  });

  test('whatever is accepted cannot end the string that it stands in', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('https://', 'app://', ''), (text, scheme) => {
        let set: string;
        try {
          set = originSet(`${scheme}${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(set).toMatch(/^"[^"\\]+"( "[^"\\]+")*$/);
      }),
    );
  });
});

describe('edits', () => {
  test('a header that is added is there once, and is gone when it is removed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), (name) => {
        const added = edits['add-header']?.(edits['add-header'](cors, name.toUpperCase()), name) ?? cors;
        const list = headersOf(added)['Access-Control-Allow-Headers']?.value?.split(', ') ?? [];
        expect(list.filter((one) => one.toLowerCase() === name)).toEqual([name]);
        const removed = edits['remove-header']?.(added, name) ?? cors;
        expect(headersOf(removed)['Access-Control-Allow-Headers']?.value?.split(', ')).not.toContain(name);
      }),
    );
  });

  test('a wildcard takes the credentials away, any other origin brings them back', () => {
    const wide = edits['set-acao']?.(cors, '*') ?? cors;
    expect(headersOf(wide)['Access-Control-Allow-Origin']).toEqual({ operation: 'set', value: '*' });
    expect(headersOf(wide)).not.toHaveProperty('Access-Control-Allow-Credentials');
    for (const origin of ['dynamic', 'https://a.example'])
      expect(headersOf(edits['set-acao']?.(wide, origin) ?? wide)).toHaveProperty('Access-Control-Allow-Credentials');
    expect(edits['set-acao']?.(wide, 'dynamic')).toSatisfy((rule: Rule) => differences(rule, cors).length === 0);
  });

  test.each([
    ['add-header', 'a b'],
    ['remove-header', ''],
    ['set-acao', 'null'],
    ['set-methods', 'GET POST'],
    ['set-max-age', '86401'],
    ['set-max-age', '-1'],
  ])('%s refuses %s', (command, argument) => {
    expect(() => edits[command]?.(cors, argument)).toThrow(Refusal);
  });
});

test('differences are told by the name of what differs', () => {
  expect(differences(null, cors)).toEqual(['codex-actors: CORS of production: is not there']);
  expect(differences({ ...cors, enabled: false }, cors)).toEqual(['codex-actors: CORS of production: is switched off']);
  expect(differences(edits['set-max-age']?.(cors, '1') ?? cors, cors)).toEqual([
    'codex-actors: CORS of production: Access-Control-Max-Age is "1", expected "600"',
  ]);
});
