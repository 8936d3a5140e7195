import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../actors/turn.ts';
import { effectiveEffort, sortEfforts } from './effort.ts';
import { modelDirectory } from './models.ts';

const entry = (id: string, more: JsonObject = {}): JsonObject => ({ id, model: id, hidden: false, ...more });
const efforts = (...names: string[]): JsonObject => ({
  supportedReasoningEfforts: names.map((reasoningEffort) => ({ reasoningEffort, description: '' })),
});
const directory = (models: readonly JsonObject[], configured?: string) =>
  modelDirectory({ models: () => models, configured, fallback: 'pinned' });

describe('the list of models', () => {
  test('P-62: codex-5 comes first, then every visible model in the order of the worker', () => {
    const { list } = directory([entry('b'), entry('hid', { hidden: true }), entry('a', { isDefault: true })]);
    expect(list().map(({ id }) => id)).toEqual(['codex-5', 'b', 'a']);
  });

  test.each([
    ['the default model', [entry('b'), entry('a', { isDefault: true })], undefined, 'a'],
    ['the first one when none is the default', [entry('b'), entry('a')], undefined, 'b'],
    ['the configured model', [entry('a', { isDefault: true })], 'mine', 'mine'],
    ['the pinned default while no list is known', [], undefined, 'pinned'],
  ])('P-72: codex-5 stands for %s', (_what, models, configured, target) => {
    expect(directory(models, configured).find('codex-5')?.target).toBe(target);
  });

  test('P-6: is never empty, and no id holds a slash', () => {
    expect(
      directory([])
        .list()
        .map(({ id }) => id),
    ).toEqual(['codex-5']);
    expect(directory([entry('x/y'), { id: 7 }, {}, entry('')]).list()).toHaveLength(1);
  });

  test('is read anew when the worker tells another one', () => {
    let models: readonly JsonObject[] = [];
    const { find } = modelDirectory({ models: () => models, configured: undefined, fallback: 'pinned' });
    expect(find('Late')?.target).toBe('Late');
    models = [entry('late')];
    expect(find('Late')?.target).toBe('late');
    models = [entry('other')];
    expect(find('Late')).toBeNull();
  });
});

describe('finding a model', () => {
  const { find } = directory([entry('GPT-X'), entry('Hid', { hidden: true })], 'My-Model');

  test.each([
    ['GPT-X', 'GPT-X'],
    [' gpt-x ', 'GPT-X'],
    ['codex/gpt-x', 'GPT-X'],
    ['CODEX-5', 'codex-5'],
    ['codex/codex-5', 'codex-5'],
  ])('P-66: %j is answered in the advertised spelling %s', (id, spelling) => {
    expect(find(id)?.id).toBe(spelling);
  });

  test.each([
    ['hid', 'Hid'],
    ['my-model', 'My-Model'],
  ])('P-66: %j is not advertised and echoed as sent, while the worker gets %s', (id, target) => {
    expect(find(` ${id} `)).toMatchObject({ id, target });
  });

  test.each(['nope', '', 'codex/', '__proto__'])('P-65: %j is unknown', (id) => {
    expect(find(id)).toBeNull();
  });
});

describe('while no list is known (P-64)', () => {
  const { find, list } = directory([]);

  test.each([
    ['gpt-4o', 'gpt-4o'],
    [' codex/GPT-X ', 'GPT-X'],
  ])('%j goes to the worker as it is, with any effort', (id, name) => {
    expect(find(id)).toEqual({ id: name, target: name, efforts: [] });
    expect(list().map((each) => each.id)).toEqual(['codex-5']);
  });

  test.each(['', 'codex/', 'a b', 'a/b', 'x'.repeat(129)])('%j is no id at all', (id) => {
    expect(find(id)).toBeNull();
  });
});

describe('reasoning effort', () => {
  const model = (...names: string[]) => ({ id: 'm', target: 'm', efforts: names });

  test('P-68: efforts are listed weakest first', () => {
    expect(directory([entry('a', efforts('high', 'low', 'none'))]).find('a')?.efforts).toEqual(['none', 'low', 'high']);
    expect(sortEfforts(['odd', 'max', 'low', 'low'])).toEqual(['low', 'max', 'odd']);
  });

  test.each([
    ['none', ['low', 'high'], 'low'],
    ['minimal', ['none', 'low'], 'low'],
    ['medium', ['low', 'high'], 'high'],
    ['max', ['low', 'medium'], 'medium'],
    ['low', [], 'low'],
    ['low', ['odd'], 'odd'],
    ['odd', ['odd', 'low'], 'odd'],
  ])('P-69: %s among %j is %s', (asked, offered, effective) => {
    expect(effectiveEffort(asked, model(...offered))).toBe(effective);
  });

  test('P-68: any other word is refused with the words that are known', () => {
    expect(() => effectiveEffort('bogus', model('low', 'odd'))).toThrow(/must be one of none, .*, ultra, odd\.$/);
  });
});
