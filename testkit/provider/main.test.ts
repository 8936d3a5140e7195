import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...args]);
}

async function address(child: ChildProcessWithoutNullStreams): Promise<string> {
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const parsed: { baseUrl: string } = JSON.parse(String(line));
  return parsed.baseUrl;
}

describe('the provider as a process', () => {
  test('prints its address, answers, and ends when stdin closes', async () => {
    const child = start('--scenario', 'text n=1');
    const exited = once(child, 'exit');
    const response = await fetch(`${await address(child)}/responses`, { method: 'POST', body: '{}' });
    expect(await response.text()).toContain('response.completed');
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  });

  test('ends on SIGTERM although a stream hangs', async () => {
    const child = start('--scenario', 'hang');
    const exited = once(child, 'exit');
    const answer = fetch(`${await address(child)}/responses`, { method: 'POST', body: '{}' });
    await answer;
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  test('a bad option is an error', async () => {
    const child = start('--port', 'x');
    expect((await once(child, 'exit'))[0]).toBe(1);
  });
});
