import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../actors/turn.ts';
import { efforts as effortWords } from './effort.ts';
import { advertisedAliases, fixedAliases, operatorAlias } from './model-aliases.ts';
import { type ModelSource, modelDirectory } from './models.ts';

const entry = (id: string, more: JsonObject = {}): JsonObject => ({ id, model: id, hidden: false, ...more });
const efforts = (...names: string[]): JsonObject => ({
  supportedReasoningEfforts: names.map((reasoningEffort) => ({ reasoningEffort, description: '' })),
});
const directory = (models: readonly JsonObject[], more: Partial<ModelSource> = {}) =>
  modelDirectory({ models: () => models, configured: undefined, fallback: 'pinned', ...more });
const idsOf = ({ list }: ReturnType<typeof directory>) => list().map(({ id }) => id);
const fixed = advertisedAliases.production.map(({ id }) => id);

describe('the list of models', () => {
  test('P-62: fixed names come first, then every visible model with the variants that it supports', () => {
    const models = [
      entry('b'),
      entry('hid', { hidden: true }),
      entry('a', { isDefault: true, ...efforts('low', 'xhigh') }),
    ];
    expect(idsOf(directory(models))).toEqual([...fixed, 'b', 'a', 'a-L', 'a-XH']);
    expect(fixed.slice(0, 6)).toEqual([
      'codex-5',
      'codex-5-low',
      'codex-5-medium',
      'codex-5-high',
      'codex-5-minimal',
      'gpt-5.2-codex-L',
    ]);
  });

  test('P-62: the development list has names of its own, and both environments accept all', () => {
    const dev = directory([entry('a')], { environment: 'development' });
    expect(idsOf(dev)[0]).toBe('codev-5');
    expect(idsOf(dev)).toHaveLength(18);
    for (const { id } of fixedAliases) {
      for (const each of [dev, directory([entry('a')])]) expect(each.find(id)).toMatchObject({ id, target: 'a' });
    }
  });

  test('no id is listed twice, and the first one of a spelling wins', () => {
    const models = [entry('codex-5'), entry('X', efforts('low')), entry('x-l'), entry('x')];
    expect(idsOf(directory(models))).toEqual([...fixed, 'X', 'X-L']);
  });

  test("P-63: it can be trimmed, also to names that would else be accepted only; the operator's are part of it", () => {
    const aliases = [operatorAlias('team=a:high'), operatorAlias('codex-5=a')];
    expect(idsOf(directory([entry('a')], { aliases }))).toEqual([...fixed, 'team', 'a']);
    const trimmed = directory([entry('a')], { aliases, advertised: ['Codex-5', 'gpt-5.2', 'nope', 'TEAM', 'codex-5'] });
    expect(idsOf(trimmed)).toEqual(['codex-5', 'gpt-5.2', 'team']);
    expect(trimmed.find('A')?.id).toBe('a');
    expect(idsOf(directory([entry('a')], { advertised: ['nope'] }))).toEqual([...fixed, 'a']);
  });

  test('P-196: what is accepted has one spelling, which is the advertised one where there is one', () => {
    const models = directory([entry('A', { ...efforts('low'), isDefault: true })], { advertised: ['Codex-5'] });
    const spelt = ['codex/CODEX-5', 'a', 'a-l', 'A-LOW', 'gpt-5.2-CODEX-l', 'CODEX-5-xhigh', 'nope', 'a-l-l', ''].map(
      (id) => models.spelled(id),
    );
    expect(spelt).toEqual(['codex-5', 'A', 'A-L', 'a-low', 'gpt-5.2-codex-L', 'codex-5-xhigh', null, null, null]);
    // While no list is known anything is passed on, and has no name of ours.
    expect([directory([]).find('whatever')?.id, directory([]).spelled('whatever')]).toEqual(['whatever', null]);
    expect(directory([]).spelled('CODEX-5')).toBe('codex-5');
  });

  test('P-6: no id holds a slash', () => {
    expect(idsOf(directory([entry('x/y'), { id: 7 }, {}, entry('')]))).toEqual(fixed);
  });

  test('is read anew when the worker tells another one', () => {
    let models: readonly JsonObject[] = [];
    const { find } = directory([], { models: () => models });
    expect(find('Late')?.target).toBe('Late');
    models = [entry('late')];
    expect(find('Late')?.target).toBe('late');
    models = [entry('other')];
    expect(find('Late')).toBeNull();
  });
});

describe('finding a model', () => {
  const { find } = directory(
    [entry('GPT-X', { isDefault: true }), entry('x-max'), entry('x'), entry('Hid', { hidden: true }), entry('gpt-5.1')],
    { configured: 'x', aliases: [operatorAlias('My=x-max:none')] },
  );

  test.each([
    ['GPT-X', 'GPT-X', 'GPT-X', null],
    [' gpt-x ', 'GPT-X', 'GPT-X', null],
    ['codex/gpt-x', 'GPT-X', 'GPT-X', null],
    ['CODEX-5', 'codex-5', 'x', null],
    ['codex/codex-5-LOW', 'codex-5-low', 'x', 'low'],
    ['codex-5-minimal', 'codex-5-minimal', 'x', 'minimal'],
    ['codex-5-XH', 'codex-5-XH', 'x', 'xhigh'],
    ['codex-5-low-high', 'codex-5-low-high', 'x', 'high'],
    ['GPT-5.2-CODEX-XH', 'gpt-5.2-codex-XH', 'GPT-X', 'xhigh'],
    ['gpt-5.2-local', 'gpt-5.2-LOCAL', 'GPT-X', 'low'],
    ['gpt-5.2-xh', 'gpt-5.2-xh', 'GPT-X', 'xhigh'],
    ['codev-5.1-M', 'codev-5.1-M', 'gpt-5.1', 'medium'],
    ['x-max', 'x-max', 'x-max', null],
    ['x-max-Max', 'x-max-Max', 'x-max', 'max'],
    ['x-none', 'x-none', 'x', 'none'],
    ['my', 'My', 'x-max', 'none'],
    ['my-h', 'my-h', 'x-max', 'high'],
    ['hid', 'hid', 'Hid', null],
  ])('P-60, P-61, P-66: %j is %s, asked for as %s, effort %s', (asked, id, target, effort) => {
    expect(find(asked)).toMatchObject({ id, target, effort });
  });

  test.each(['nope', '', 'codex/', '__proto__', '-low', 'nope-low', 'x-ultra', 'x-l-h'])(
    'P-65: %j is unknown',
    (id) => {
      expect(find(id)).toBeNull();
    },
  );

  test.each([
    ['the default model', [entry('b'), entry('a', { isDefault: true })], undefined, 'a'],
    ['the first one when none is the default', [entry('b'), entry('a')], undefined, 'b'],
    ['the configured model', [entry('a', { isDefault: true }), entry('mine')], 'mine', 'mine'],
    ['the default model when the configured one is not listed', [entry('b'), entry('a')], 'mine', 'b'],
    ['the configured model while no list is known', [], 'mine', 'mine'],
    ['the pinned default while nothing is known', [], undefined, 'pinned'],
  ])('P-72: codex-5 stands for %s', (_what, models, configured, target) => {
    expect(directory(models, { configured }).find('codex-5')?.target).toBe(target);
    if (configured !== undefined) expect(directory(models, { configured }).find(configured)?.target).toBe(target);
  });
});

describe('a name whose model is not listed (P-64)', () => {
  const retargeting = (more: Partial<ModelSource> = {}) => {
    const told: string[][] = [];
    const models = [entry('a', { isDefault: true }), entry('b')];
    const found = directory(models, { retargeted: (...facts) => void told.push(facts), ...more });
    return { ...found, told };
  };

  test('stands for the default one, and that is told once for each alias', () => {
    const { find, list, told } = retargeting();
    expect(list().length).toBeGreaterThan(2);
    expect(told).toEqual([]);
    for (const id of ['gpt-5.2', 'GPT-5.2-high', 'gpt-5.2-codex-L', 'codex-5']) expect(find(id)?.target).toBe('a');
    expect(told).toEqual([
      ['gpt-5.2', 'gpt-5.2', 'a'],
      ['gpt-5.2-codex-L', 'gpt-5.2', 'a'],
    ]);
  });

  test('stands for what the operator says first', () => {
    const { find, told } = retargeting({ configured: 'gpt-5.2', aliases: [operatorAlias('GPT-5.2=b:high')] });
    expect(find('gpt-5.2')).toMatchObject({ target: 'b', effort: 'high' });
    expect(find('codex-5')).toMatchObject({ target: 'b', effort: 'high' });
    expect(find('codex-5-low')).toMatchObject({ target: 'b', effort: 'low' });
    expect(told).toEqual([]);
    expect(find('codev-5.1-L')).toMatchObject({ target: 'a', effort: 'low' });
    expect(told).toEqual([['codev-5.1-L', 'gpt-5.1', 'a']]);
  });

  test('goes to the worker unchanged while no list is known', () => {
    const { find, told } = retargeting({ models: () => [] });
    expect(find('gpt-5.2-codex-XH')).toEqual({
      id: 'gpt-5.2-codex-XH',
      target: 'gpt-5.2',
      efforts: [],
      effort: 'xhigh',
      tiers: [],
    });
    expect(told).toEqual([]);
  });

  test.each([
    ['gpt-4o', 'gpt-4o'],
    [' codex/GPT-X ', 'GPT-X'],
  ])('as does any other: %j', (id, name) => {
    expect(directory([]).find(id)).toEqual({ id: name, target: name, efforts: [], effort: null, tiers: [] });
  });

  test.each(['', 'codex/', 'a b', 'a/b', 'x'.repeat(129)])('%j is no id at all', (id) => {
    expect(directory([]).find(id)).toBeNull();
  });
});

test.each(fixedAliases.map(({ id }) => id))('the fixed name %s is in docs/api.md', (id) => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`${id}\``);
});

test.each([
  ['a=b', { id: 'a', target: 'b', effort: null }],
  ['a=b:High', { id: 'a', target: 'b', effort: 'high' }],
  ['a=llama3:8b', { id: 'a', target: 'llama3:8b', effort: null }],
  ['a=llama3:8b:low', { id: 'a', target: 'llama3:8b', effort: 'low' }],
])('the alias %s', (text, alias) => {
  expect(operatorAlias(text)).toEqual(alias);
});

describe('for any list', () => {
  const anId = fc.oneof(
    fc.constantFrom('codex-5', 'gpt-5.2', 'x', 'X', 'x-L', 'x-max', 'x-high', 'İ', 'a:b'),
    fc.string({ minLength: 1, maxLength: 12 }),
  );
  const aModel = fc.record({
    id: anId,
    hidden: fc.boolean(),
    isDefault: fc.boolean(),
    supportedReasoningEfforts: fc
      .subarray([...effortWords])
      .map((names) => names.map((name) => ({ reasoningEffort: name }))),
  });
  const anAlias = fc.record({
    id: anId.filter((id) => /^[^\s/,=]+$/u.test(id)),
    // As the configuration has it.
    target: anId.filter((id) => /^\S+$/u.test(id)),
    effort: fc.option(fc.constantFrom(...effortWords)),
  });
  const aSource = fc
    .record({
      models: fc.array(aModel, { maxLength: 6 }),
      configured: fc.option(
        anId.filter((id) => /^\S+$/u.test(id) && !id.includes('/')),
        { nil: undefined },
      ),
      aliases: fc.array(anAlias, { maxLength: 3 }),
      environment: fc.constantFrom('production' as const, 'development' as const),
      advertised: fc.array(
        anId.filter((id) => /^[^\s/,]+$/u.test(id)),
        { maxLength: 3 },
      ),
    })
    .map(({ models, ...more }) => directory(models, more));

  test('what is advertised is found in its own spelling, in any case and with the prefix; the list is never empty', () => {
    fc.assert(
      fc.property(aSource, ({ list, find }) => {
        expect(list().length).toBeGreaterThan(0);
        for (const shown of list()) {
          for (const asked of [shown.id, ` codex/${shown.id} `]) expect(find(asked)).toEqual(shown);
          // Some letters of other alphabets have no way back.
          const upper = shown.id.toUpperCase();
          if (upper.toLowerCase() === shown.id.toLowerCase()) expect(find(upper)).toEqual(shown);
        }
      }),
    );
  });

  test('resolution is total, and an effort suffix changes nothing but the effort', () => {
    const base = fc.constantFrom(...fixedAliases.map(({ id }) => id));
    const suffix = fc.constantFrom(...effortWords.filter((effort) => effort !== 'ultra'));
    fc.assert(
      fc.property(aSource, fc.string(), base, suffix, ({ find }, text, id, effort) => {
        const found = find(text);
        expect(found === null || found.target.length > 0).toBe(true);
        // `codex-5-high` is a name of its own, which the operator's meaning of `codex-5` leaves as it is.
        fc.pre(!fixedAliases.some((alias) => alias.id.toLowerCase() === `${id}-${effort}`.toLowerCase()));
        const plain = find(id);
        const more = find(`${id}-${effort}`);
        expect(more).toMatchObject({ target: plain?.target, efforts: plain?.efforts, effort });
        expect(more?.id).toBe(`${id}-${effort}`);
      }),
    );
  });
});
