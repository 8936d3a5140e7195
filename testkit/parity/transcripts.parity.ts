/** Tracked transcripts and the tracked protocol: compared with what is, and never made from it on the quiet. */

import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { changes } from '../conformance/protocol-bundle.ts';
import { differences, goldens, refusalToWrite } from '../transcripts/goldens.ts';
import { playScenes } from '../transcripts/scenes.ts';
import { npmScript, scratch } from './npm-script.ts';

test('P-278 W-63 clients get what the tracked transcripts say, on both endpoints, whole and streamed', async () => {
  const made = await playScenes();
  expect(differences(made)).toEqual([]);
  for (const way of ['chat.whole', 'chat.stream', 'responses.whole', 'responses.stream'])
    expect(readdirSync(goldens).filter((name) => name.endsWith(`.${way}.txt`)).length).toBeGreaterThan(3);
});

test('P-278 W-63 a transcript that is missing, or that nothing makes, is a failure, and is not written', async () => {
  const folder = scratch();
  const compared = npmScript('transcripts', ['text', '--folder', folder]);
  expect(await compared.ended).toBe(1);
  expect(compared.lines.stderr).toHaveLength(4);
  for (const line of compared.lines.stderr) expect(line).toContain('there is no tracked transcript');
  expect(readdirSync(folder)).toEqual([]);
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
