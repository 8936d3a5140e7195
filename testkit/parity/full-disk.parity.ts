/**
 * A disk without room: whatever the gateway writes beside its answers is lost, and nothing else. Every file that it writes is on a
 * small disk of its own; where none may be mounted, each is a link to `/dev/full`, which has no room for anybody.
 */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './eventually.ts';
import { chatText, type Loose, serve } from './server.ts';
import { linesIn } from './written-lines.ts';

const files = { usage_log: 'usage', sanitizer_log: 'sanitizer', access_log: 'access', wire_trace: 'wire' } as const;
const captures = ['chat_capture', 'chat_raw_capture'] as const;

/** Room enough, once it is there again, for whatever waited meanwhile. */
const diskBytes = 8_388_608;

const mounted = (disk: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Until nothing more fits. */
const fill = (disk: string): void => {
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) appendFileSync(join(disk, 'filler'), 'x'.repeat(size));
    } catch {
      // So much did not fit.
    }
  }
};

test('P-184 P-206 P-208 a full disk costs no answer, is told once for each file, and is over when there is room', async ({
  annotate,
}) => {
  const disk = mkdtempSync(join(tmpdir(), 'codex-actors-full-disk-'));
  const pathOf = (name: string): string => join(disk, `${name}.ndjson`);
  const isDisk = mounted(disk);
  onTestFinished(() => {
    if (isDisk) execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (!isDisk) await annotate('nothing may be mounted here: links to /dev/full instead, without captures');
  const written = [...Object.keys(files), ...(isDisk ? captures : [])];
  const server = await serve({
    PROXY_ENV: 'dev',
    TOKEN_LOG_PATH: pathOf('usage'),
    PROXY_SANITIZE_METADATA: 'true',
    SANITIZER_LOG_BASE_DIR: disk,
    SANITIZER_LOG_PATH: pathOf('sanitizer'),
    FAKE_CODEX_METADATA: 'extra',
    ACCESS_LOG_PATH: pathOf('access'),
    PROTO_LOG_PATH: pathOf('wire'),
    PROXY_CAPTURE_CHAT_TRANSCRIPTS: String(isDisk),
    PROXY_CAPTURE_CHAT_DIR: join(disk, 'captures'),
    PROXY_CAPTURE_CHAT_RAW_TRANSCRIPTS: String(isDisk),
    PROXY_CAPTURE_CHAT_RAW_DIR: join(disk, 'raw'),
  });
  const told = (event: string): number =>
    server.gateway.lines.all.filter((line) => new RegExp(`\\b${event}\\b`).test(line)).length;
  const answered = async (): Promise<void> => {
    const { status, json } = await server.chat();
    expect([status, json.choices[0].message.content]).toEqual([200, 'Hello from fake-codex.']);
    expect(chatText(await server.chatFrames())).toBe('Hello from fake-codex.');
  };

  if (isDisk) fill(disk);
  else {
    for (const name of Object.values(files)) {
      rmSync(pathOf(name), { force: true });
      symlinkSync('/dev/full', pathOf(name));
    }
  }
  // There is room in the last page of a file for some lines.
  const isLost = async (name: string): Promise<boolean> => {
    await answered();
    return told(`${name}_unwritable`) > 0;
  };
  for (const name of written) await eventually(`${name} is told`, () => isLost(name));
  await answered();
  expect(await server.send('GET', '/healthz')).toMatchObject({ status: 200, json: { ok: true } });

  if (isDisk) rmSync(join(disk, 'filler'));
  else for (const name of Object.values(files)) rmSync(pathOf(name));
  await answered();
  for (const name of written) await eventually(`${name} has room`, () => told(`${name}_writable`) > 0);
  expect(written.map((name) => [name, told(`${name}_unwritable`)])).toEqual(written.map((name) => [name, 1]));
  const last = (name: string): Loose => JSON.parse(linesIn(pathOf(name)).at(-1) ?? '');
  for (const name of Object.values(files)) expect(last(name)).toBeTypeOf('object');
  if (isDisk) expect(readdirSync(join(disk, 'raw')).length).toBeGreaterThan(0);
});
