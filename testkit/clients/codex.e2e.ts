/** `codex exec` with the gateway as its provider: a task in several steps, done with its own tools. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { codexClient, itemsOf } from './codex-exec.ts';
import { stage } from './stage.ts';

const on = stage();

/** The name that the model is told: the CLI behind the gateway keeps `exec_command` for itself. */
const offered = 't0_exec_command';

const shown = (index: number): readonly { readonly type: unknown; readonly text: string }[] =>
  on
    .input(index)
    .filter(({ type }) => String(type).startsWith('function_call'))
    .map(({ type, name, arguments: args, output }) => ({
      type,
      text: String(output ?? `${String(name)} ${String(args)}`),
    }));

test('a text', async () => {
  const run = await codexClient(on.gateway).run(marker('text', { in: 5, out: 3 }));
  expect(run.code).toBe(0);
  expect(itemsOf(run, 'agent_message')).toMatchObject([{ text: 'Hello, world.' }]);
  expect(run.events.at(-1)).toMatchObject({ type: 'turn.completed', usage: { input_tokens: 5, output_tokens: 3 } });
  expect(on.samplings).toHaveLength(1);
});

test('a task: it runs the commands of the model in its folder, one after another, and says the last text', async () => {
  const client = codexClient(on.gateway);
  const command = (cmd: string): string => JSON.stringify({ cmd });
  const write = command('printf "%s" "made by the model" > made.txt');
  const read = command('cat made.txt');
  const run = await client.run(marker('tool', { name: offered, calls: 2, args0: write, args1: read, then: 'text' }));
  expect(run.code).toBe(0);
  expect(readFileSync(join(client.work, 'made.txt'), 'utf8')).toBe('made by the model');
  expect(itemsOf(run, 'command_execution')).toMatchObject([
    { exit_code: 0, aggregated_output: '' },
    { exit_code: 0, aggregated_output: 'made by the model' },
  ]);
  expect(itemsOf(run, 'agent_message')).toMatchObject([{ text: 'Hello, world.' }]);
  expect(on.samplings).toHaveLength(2);
  expect(shown(1)).toEqual([
    { type: 'function_call', text: `${offered} ${write}` },
    { type: 'function_call', text: `${offered} ${read}` },
    { type: 'function_call_output', text: expect.stringContaining('exited with code 0') },
    { type: 'function_call_output', text: expect.stringMatching(/exited with code 0[^]*made by the model/) },
  ]);
});

test('its tools, those in namespaces too, are offered to the model under names of their own', async () => {
  await codexClient(on.gateway).run('hi');
  const tools = on.setting(0, 'tools') as readonly { readonly name: string }[];
  const names = tools.map(({ name }) => name);
  expect(names).toContain(offered);
  expect(names.filter((name) => name.includes('spawn_agent'))).toHaveLength(1);
  expect(new Set(names).size).toBe(names.length);
});
