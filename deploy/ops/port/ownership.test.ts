import { expect, test } from 'vitest';
import { Refusal } from '../refusal.ts';
import { containerUser, writes } from './ownership.ts';

const user = { uid: 1000, gid: 1000 };

test.each([
  ['its own', { uid: 1000, gid: 0, mode: 0o40700 }, true],
  ['its own, read-only', { uid: 1000, gid: 1000, mode: 0o40577 }, false],
  ['that of its group', { uid: 0, gid: 1000, mode: 0o40770 }, true],
  ['root of a clone', { uid: 0, gid: 0, mode: 0o40755 }, false],
  ['open to all', { uid: 0, gid: 0, mode: 0o41777 }, true],
  ['to be written, not to be entered', { uid: 0, gid: 0, mode: 0o40776 }, false],
])('a folder that is %s', (_, folder, expected) => {
  expect(writes(user, folder)).toBe(expected);
});

test('the user is that of the compose file, or what it is set to', () => {
  expect(containerUser({})).toEqual(user);
  expect(containerUser({ CODEX_UID: '1234', CODEX_GID: '50' })).toEqual({ uid: 1234, gid: 50 });
  expect(() => containerUser({ CODEX_UID: 'node' })).toThrow(Refusal);
});
