/**
 * The scripted app-server is what the real one is: its lines have the shape that the binary prints of its own protocol,
 * whatever mode they come from, and its conversations are the recorded ones.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestClient } from '../app-server/client.ts';
import { createShim, type ShimWorld } from '../app-server/shim-modes.ts';
import { readShimSettings, shimModes } from '../app-server/shim-settings.ts';
import { differences } from '../conformance/compare.ts';
import type { Entry } from '../conformance/entry.ts';
import { piped, readGolden } from '../conformance/golden.ts';
import { outOfSchema, printedSchemas } from '../conformance/protocol-schema.ts';
import { scenarios } from '../conformance/scenarios.ts';
import { openSubject, type Subject } from '../conformance/subject.ts';

const world: ShimWorld = { ready: () => undefined, released: () => false, nowMs: () => 0, firstCrash: () => false };
const tools = ['lookup_user', 'send_email'].map((name) => ({
  type: 'function',
  name,
  description: '',
  inputSchema: { type: 'object' },
}));

describe('shapes', () => {
  let schemas: Awaited<ReturnType<typeof printedSchemas>>;
  beforeAll(async () => {
    schemas = await printedSchemas();
  });

  test.each(shimModes)('P-264 every line of mode %s has the shape that the binary prints', (mode) => {
    const { turns } = readShimSettings({ FAKE_CODEX_MODE: mode, FAKE_CODEX_TOOL_CALL_COUNT: '2' });
    if (turns === null) throw new Error('a mode is about turns');
    const client = createTestClient({ unselected: createShim(turns, world) });
    client.initialize();
    client.play('hi', { dynamicTools: tools });
    const lines = client.lines.filter((line) => JSON.parse(line).method !== undefined);
    const entries = lines.map((line): Entry => ['out', line]);
    expect(lines.length).toBeGreaterThan(2);
    expect(outOfSchema(schemas, entries)).toEqual([]);
  });
});

describe('recordings', () => {
  let fake: Subject;
  beforeAll(async () => {
    fake = await openSubject('memory');
  });
  afterAll(() => fake.close());

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    'P-264 the scripted app-server plays the recording %s',
    async (name, scenario) => {
      expect(differences(await readGolden(name), piped(await fake.perform(scenario)))).toEqual([]);
    },
  );
});
