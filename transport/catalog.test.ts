import { describe, expect, test } from 'vitest';
import { minimalCatalog, patchCatalog, vendorCatalog, withModel } from './catalog.ts';

const vendor = {
  slug: 'gpt-x',
  display_name: 'X',
  tool_mode: 'code_mode_only',
  shell_type: 'unified_exec',
  base_instructions: 'You are Codex',
  default_reasoning_level: 'medium',
  context_window: 272_000,
  use_responses_lite: true,
  multi_agent_version: 2,
  supported_reasoning_levels: [{ effort: 'low', description: 'l' }],
};
const lite = { lite: true, ownTools: false };
const plain = { lite: false, ownTools: false };
const first = (json: string): unknown => (JSON.parse(json) as { models: unknown[] }).models[0];

describe('the catalogue', () => {
  test('takes the agent away and keeps the rest', () => {
    const entry = first(patchCatalog([vendor], lite).json);
    expect(entry).toMatchObject({
      slug: 'gpt-x',
      display_name: 'X',
      tool_mode: 'direct',
      shell_type: 'disabled',
      base_instructions: '',
      default_reasoning_level: null,
      context_window: 100_000_000,
      use_responses_lite: true,
      supported_reasoning_levels: [{ effort: 'low', description: 'l' }],
    });
    expect(entry).not.toHaveProperty('multi_agent_version');
  });

  test("leaves the CLI's own tools where they are wanted, and calls direct", () => {
    const own = { ...vendor, apply_patch_tool_type: 'freeform', experimental_supported_tools: ['clock'] };
    expect(first(patchCatalog([own], { lite: false, ownTools: true }).json)).toMatchObject({
      tool_mode: 'direct',
      shell_type: vendor.shell_type,
      apply_patch_tool_type: 'freeform',
      experimental_supported_tools: ['clock'],
    });
  });

  test('uses the compact request shape only where the vendor does, and only for the vendor', () => {
    expect(first(patchCatalog([vendor], plain).json)).toMatchObject({ use_responses_lite: false });
    expect(first(patchCatalog([{ slug: 'y' }], lite).json)).toMatchObject({ use_responses_lite: false });
  });

  test('is listed as workers list it: by priority, without the hidden ones, the first being the default', () => {
    const entries = [
      { ...vendor, slug: 'b', priority: 2, visibility: 'list', service_tiers: [{ id: 'priority' }] },
      { ...vendor, slug: 'h', priority: 0, visibility: 'hide' },
      { slug: 'a', priority: 1, visibility: 'list' },
      { slug: 'c', priority: 2, visibility: 'list', supported_reasoning_levels: [{ effort: 7 }, null] },
    ];
    const listed = { hidden: false, isDefault: false, supportedReasoningEfforts: [], serviceTiers: [] };
    expect(patchCatalog(entries, lite).listing).toEqual([
      { ...listed, id: 'a', model: 'a', isDefault: true },
      {
        ...listed,
        id: 'b',
        model: 'b',
        supportedReasoningEfforts: [{ reasoningEffort: 'low' }],
        serviceTiers: [{ id: 'priority' }],
      },
      { ...listed, id: 'c', model: 'c' },
    ]);
  });

  test("has the operator's model, as the default unless the vendor knows it", () => {
    const entries = [{ ...vendor, slug: 'a', priority: 1, visibility: 'list' }];
    expect(withModel(entries, 'a')).toBe(entries);
    const ids = patchCatalog(withModel(entries, 'mine'), plain).listing.map(({ id, isDefault }) => [id, isDefault]);
    expect(ids).toEqual([
      ['mine', true],
      ['a', false],
    ]);
  });

  test('remembers what it took away', () => {
    expect(patchCatalog([vendor, ...minimalCatalog('m')], lite).models).toEqual([
      { slug: 'gpt-x', contextWindow: 272_000, defaultEffort: 'medium' },
      { slug: 'm', contextWindow: null, defaultEffort: null },
    ]);
  });

  test.for([
    ['no binary', { found: false, reason: 'gone' } as const, 'gone'],
    ['a binary that fails', { found: true, command: '/bin/false', args: [] } as const, 'Command failed'],
    ['a binary that prints nothing', { found: true, command: '/bin/true', args: [] } as const, 'not JSON'],
    ['a binary that does not exist', { found: true, command: '/nowhere/x', args: [] } as const, 'ENOENT'],
  ] as const)('has no vendor entries with %s, and says why', async ([, binary, reason]) => {
    expect(await vendorCatalog(binary, '/', {})).toContain(reason);
  });
});
