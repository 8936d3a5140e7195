/** Tracked transcripts and the tracked protocol: compared with what is, and never made from it on the quiet. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { changes } from '../conformance/protocol-bundle.ts';
import { differences, goldens, refusalToWrite } from '../transcripts/goldens.ts';
import { playScenes } from '../transcripts/scenes.ts';
import { npmScript } from './npm-script.ts';

test('P-278 W-63 clients get what the tracked transcripts say, on both endpoints, whole and streamed', async () => {
  const made = await playScenes();
  expect(differences(made)).toEqual([]);
  for (const way of ['chat.whole', 'chat.stream', 'responses.whole', 'responses.stream'])
    expect(readdirSync(goldens).filter((name) => name.endsWith(`.${way}.txt`)).length).toBeGreaterThan(3);
});

test('P-278 W-63 a transcript that is missing, or that nothing makes, is a failure, and is not written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-goldens-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(differences(new Map([['text.chat.whole.txt', 'x']]), folder)).toEqual([
    expect.stringContaining('there is no tracked transcript'),
  ]);
  expect(readdirSync(folder)).toEqual([]);
  expect(differences(new Map([['text.chat.whole.txt', 'x']]), join(folder, 'none'))).toHaveLength(1);
  expect(existsSync(join(folder, 'none'))).toBe(false);
  expect(differences(new Map())).toHaveLength(readdirSync(goldens).length);
});

test('P-278 W-63 nothing is written in CI', async () => {
  expect([refusalToWrite({ CI: 'true' }), refusalToWrite({})]).toEqual([
    expect.stringContaining('not written in CI'),
    null,
  ]);
  const [transcripts, bundle] = [
    npmScript('transcripts', ['--write'], { CI: '1' }),
    npmScript('jsonrpc:bundle', [], { CI: '1' }),
  ];
  expect(await Promise.all([transcripts.ended, bundle.ended])).toEqual([1, 1]);
});

test('P-279 the protocol that is used is, in the pinned CLI, what the tracked file says', async () => {
  const verify = npmScript('jsonrpc:verify');
  expect([await verify.ended, verify.lines.stderr]).toEqual([0, []]);
  expect(verify.lines.stdout.join('\n')).toMatch(/codex-protocol\.json: \d\d methods, as the CLI prints them/);
});

test('P-279 a member that is gone, new or of another type is told by its path', () => {
  const before = { Turn: { required: ['id'], properties: { id: { type: 'string' }, old: {} } } };
  const after = { Turn: { required: ['id'], properties: { id: { type: 'integer' }, more: {} } } };
  expect(changes(before, after)).toEqual([
    '/Turn/properties/id/type: "string" is now "integer"',
    '/Turn/properties/old: gone',
    '/Turn/properties/more: new',
  ]);
  expect(changes(before, before)).toEqual([]);
});
