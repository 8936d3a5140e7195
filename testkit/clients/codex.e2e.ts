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

interface Step {
  readonly type: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string;
}

/** The calls and outputs that the model was shown. */
const steps = (index: number): readonly Step[] =>
  on
    .input(index)
    .filter(({ type }) => typeof type === 'string' && type.startsWith('function_call')) as unknown as Step[];

test('a text', async () => {
  const run = await codexClient(on.gateway).run(marker('text', { in: 5, out: 3 }));
  expect(run.code).toBe(0);
  expect(itemsOf(run, 'agent_message')).toMatchObject([{ text: 'Hello, world.' }]);
  expect(run.events.at(-1)).toMatchObject({ type: 'turn.completed', usage: { input_tokens: 5, output_tokens: 3 } });
  // An alias is no model that was put in place of another: its user is not warned.
  expect(JSON.stringify(run.events)).not.toMatch(/rerouted|flagged/);
  expect(on.samplings).toHaveLength(1);
});

test('a task: it runs the commands of the model in its folder, one after another, and says the last text', async () => {
  const client = codexClient(on.gateway);
  const args = JSON.stringify({ cmd: 'printf "%s" "one more. " >> made.txt && cat made.txt' });
  // oxlint-disable-next-line unicorn/no-thenable -- a name in a table of strings, which nobody awaits
  const run = await client.run(marker('tool', { name: offered, args, then: 'tool,text' }));
  expect(run.code).toBe(0);
  expect(readFileSync(join(client.work, 'made.txt'), 'utf8')).toBe('one more. one more. ');
  expect(itemsOf(run, 'command_execution')).toMatchObject([
    { exit_code: 0, aggregated_output: 'one more. ' },
    { exit_code: 0, aggregated_output: 'one more. one more. ' },
  ]);
  expect(itemsOf(run, 'agent_message')).toMatchObject([{ text: 'Hello, world.' }]);
  expect(on.samplings).toHaveLength(3);
  expect(steps(2)).toMatchObject([
    { type: 'function_call', name: offered, arguments: args },
    { type: 'function_call_output', output: expect.stringMatching(/exited with code 0[^]*one more/) },
    { type: 'function_call', name: offered, arguments: args },
    { type: 'function_call_output', output: expect.stringContaining('one more. one more.') },
  ]);
});

test('refused a WebSocket, it goes on over HTTP without a warning', async () => {
  const run = await codexClient(on.gateway).run('hi', ['-c', 'model_providers.gateway.supports_websockets=true']);
  expect(run.code).toBe(0);
  expect(run.events.filter(({ type }) => type === 'error')).toEqual([]);
  expect(itemsOf(run, 'agent_message')).toHaveLength(1);
  expect(on.samplings).toHaveLength(1);
});

test('its tools, those in namespaces too, are offered to the model under names of their own', async () => {
  await codexClient(on.gateway).run('hi');
  const tools = on.setting(0, 'tools') as readonly { readonly name: string }[];
  const names = tools.map(({ name }) => name);
  expect(names).toContain(offered);
  expect(names.filter((name) => name.includes('spawn_agent'))).toHaveLength(1);
  expect(new Set(names).size).toBe(names.length);
});
