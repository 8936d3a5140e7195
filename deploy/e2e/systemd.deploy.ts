/** The systemd unit, as systemd itself reads it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { type Ran, tryRun } from './run.ts';

const unit = readFileSync(join(import.meta.dirname, '../systemd/codex-actors.service'), 'utf8');

test('P-252 systemd-analyze has nothing to say against the unit, and would say it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-systemd-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const verify = (text: string): Promise<Ran> => {
    const path = join(folder, 'codex-actors.service');
    writeFileSync(path, text);
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: folder };
    return tryRun('systemd-analyze', ['--user', 'verify', path], { env });
  };
  expect(await verify(unit)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await verify(unit.replace('KillMode=', 'KillMood='))).stderr).toContain('KillMood');
  expect((await verify(unit.replace('/usr/bin/env', '/usr/bin/nothing-of-this-name'))).code).not.toBe(0);
});
