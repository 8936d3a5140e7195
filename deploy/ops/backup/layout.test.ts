import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Backup, backupPath, isMounted, surplus } from './layout.ts';

test('the layout is year, month and day, suffix, time', () => {
  const at = new Date('2026-11-30T12:34:56.789Z');
  expect(backupPath('/b', undefined, at, false)).toBe('/b/2026/11-30/codex-api-2026-11-30T123456Z.tar.gz');
  expect(backupPath('/b', 'prod', at, true)).toBe('/b/2026/11-30/codex-api-prod-2026-11-30T123456Z.tar.gz.gpg');
});

test('what is surplus leaves the newest of its suffix and all others', () => {
  const suffix = fc.constantFrom(undefined, 'prod', 'dev');
  fc.assert(
    fc.property(fc.array(suffix, { maxLength: 12 }), suffix, fc.integer({ min: 0, max: 5 }), (suffixes, own, keep) => {
      const all: readonly Backup[] = suffixes.map((each, index) => ({
        path: String(index),
        suffix: each,
        stamp: String(99 - index),
      }));
      const gone = surplus(all, own, keep);
      const left = all.filter((each) => !gone.includes(each));
      expect(gone.every((each) => each.suffix === own)).toBe(true);
      expect(left.filter((each) => each.suffix === own).length).toBe(
        Math.min(keep, all.filter((each) => each.suffix === own).length),
      );
    }),
  );
});

test('mounted is what lies on another device than the root, as far as it is there', () => {
  const devices: Readonly<Record<string, number>> = { '/': 1, '/mnt': 1, '/mnt/disk': 2 };
  const deviceOf = (path: string): number => {
    const device = devices[path];
    if (device === undefined) throw new Error('ENOENT');
    return device;
  };
  expect(['/mnt/disk/a/b', '/mnt/disk', '/mnt/none/a', '/x'].map((path) => isMounted(path, deviceOf))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
