import { expect, test } from 'vitest';
import { Failure } from './refusal.ts';
import { commandLine, inPath, mustRun, run } from './run.ts';

const node = process.execPath;

test('no shell reads the arguments, and input arrives', async () => {
  const script = 'process.stdin.on("data", (d) => process.stdout.write(process.argv[1] + d))';
  expect(await mustRun(node, ['-e', script, '$(echo no); `no`'], { input: ' said' })).toBe('$(echo no); `no` said');
});

test('a program that fails is told with its last line', async () => {
  const script = 'console.error("first"); console.error("why"); process.exitCode = 3';
  expect(await run(node, ['-e', script])).toMatchObject({ code: 3 });
  await expect(mustRun(node, ['-e', script])).rejects.toThrow(/ended with 3: why$/);
});

test('a program that is missing, or takes too long, is a failure', async () => {
  await expect(run('no-such-program-here', [])).rejects.toThrow(
    new Failure('no-such-program-here is not installed, or not in PATH'),
  );
  await expect(run(node, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 })).rejects.toThrow(
    /longer than 0.2 s/,
  );
  expect([inPath('sh'), inPath('no-such-program-here')]).toEqual([true, false]);
});

test('a command line can be pasted', () => {
  expect(commandLine('docker', ['tag', 'a:b', "it's", 'a b'])).toBe("docker tag a:b 'it'\\''s' 'a b'");
});
