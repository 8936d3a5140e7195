import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { wholePath, withoutServices } from './packages.ts';

test('under systemd an install starts no service, and the policy for that goes with it, also when it fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-policy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const policy = join(folder, 'policy-rc.d');
  const failing = withoutServices(
    async () => {
      expect([readFileSync(policy, 'utf8'), statSync(policy).mode & 0o111]).toEqual(['#!/bin/sh\nexit 101\n', 0o111]);
      throw new Error('no package');
    },
    { systemd: folder, policy },
  );
  await expect(failing).rejects.toThrow('no package');
  expect(existsSync(policy)).toBe(false);

  await withoutServices(async () => expect(existsSync(policy)).toBe(false), { systemd: join(folder, 'none'), policy });
  writeFileSync(policy, 'of the operator');
  await withoutServices(async () => {}, { systemd: folder, policy });
  expect(readFileSync(policy, 'utf8')).toBe('of the operator');
});

test('what only root needs is in the path, behind what was there before', () => {
  expect(wholePath('/opt/node/bin:/usr/bin:/bin')).toMatch(/^\/opt\/node\/bin:\/usr\/bin:\/bin:.*\/usr\/sbin/);
  expect(wholePath('')).not.toMatch(/^:|::|:$/);
});
