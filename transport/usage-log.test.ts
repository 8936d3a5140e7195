import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal } from '../actors/seams.ts';
import { UsageLog } from './usage-log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const told = (facts: object | undefined, name: string): string =>
  JSON.stringify((facts as Record<string, unknown> | undefined)?.[name]);
const warnings: string[] = [];
const journal: Journal = {
  info: (event, facts) => warnings.push(`${event} ${told(facts, 'count')}`),
  warn: (event, facts) => warnings.push(`${event} ${told(facts, 'reason')}`),
};
beforeEach(() => {
  warnings.length = 0;
});

const path = (): string => join(folder, 'deep/usage.ndjson');
const open = (bytesMax = 1_000_000, keep = 8): UsageLog => new UsageLog({ path: path(), bytesMax, keep, journal });

const eventually = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1_000_000; turn += 1) {
    await new Promise(setImmediate);
    try {
      if (holds()) return;
    } catch {
      // There is no such file yet.
    }
  }
  throw new Error('it does not come');
};

const readAll = async (log: UsageLog): Promise<string[]> => {
  const lines: string[] = [];
  await log.read((line) => lines.push(line));
  return lines;
};

test('what is appended is there, in its order, for the next process', async () => {
  const log = open();
  log.append('one');
  log.append('two');
  await log.settled();
  log.append('three €');
  await log.settled();
  expect(readFileSync(path(), 'utf8')).toBe('one\ntwo\nthree €\n');
  expect(await readAll(open())).toEqual(['one', 'two', 'three €']);
});

test('lines that come soon after others are written together, and nobody who waits for the end waits longer', async () => {
  const log = open();
  log.append('one');
  await eventually(() => readFileSync(path(), 'utf8') === 'one\n');
  const startedAt = performance.now();
  for (let index = 0; index < 1_000; index += 1) log.append(`line ${index}`);
  await log.settled();
  expect(readFileSync(path(), 'utf8').split('\n')).toHaveLength(1_002);
  log.append('last');
  await log.settled();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('whoever waits for the end does not wait for what comes later, however much that is', async () => {
  const log = open();
  log.append('one');
  let over = false;
  const append = async (): Promise<void> => {
    while (!over) {
      log.append('later');
      await new Promise(setImmediate);
    }
  };
  const appending = append();
  await log.settled();
  over = true;
  await appending;
  expect(readFileSync(path(), 'utf8')).toMatch(/^one\n/u);
  await log.settled();
});

test('what waits when the process ends is written at once, each line once, whatever the file was busy with', async () => {
  for (const turns of [0, 1, 2, 3, 5, 8, 50]) {
    const log = open();
    log.append('one');
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    log.append('two');
    mkdirSync(join(folder, 'deep'), { recursive: true });
    log.flush();
    log.flush();
    await log.settled();
    // What the file was given before is written meanwhile.
    await eventually(() => readFileSync(path(), 'utf8').includes('one\n'));
    expect(readFileSync(path(), 'utf8').split('\n').sort()).toEqual(['', 'one', 'two']);
    rmSync(path());
  }
});

test('P-184 after a line that a killed process has left without its end a new one is begun, once', async () => {
  mkdirSync(join(folder, 'deep'));
  writeFileSync(path(), 'one\n{"half":');
  const log = open();
  for (const line of ['two', 'three']) {
    log.append(line);
    await log.settled();
  }
  expect(readFileSync(path(), 'utf8')).toBe('one\n{"half":\ntwo\nthree\n');
});

test('P-184 a large file is put aside, so many are kept, and nothing of those is lost', async () => {
  const log = open(20, 2);
  for (let index = 0; index < 9; index += 1) {
    log.append(`line ${index}`);
    await log.settled();
  }
  expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['usage.ndjson', 'usage.ndjson.1', 'usage.ndjson.2']);
  expect(await readAll(open(20, 2))).toEqual(['line 4', 'line 5', 'line 6', 'line 7', 'line 8']);
});

test('P-184 where no earlier file is kept, the file is begun anew', async () => {
  const log = open(10, 0);
  for (const line of ['first', 'second']) {
    log.append(line);
    await log.settled();
  }
  expect(readFileSync(path(), 'utf8')).toBe('second\n');
});

test('P-184 what cannot be written is dropped, with one warning until it can be', async () => {
  writeFileSync(join(folder, 'deep'), 'a file where a folder should be');
  const log = open();
  for (const line of ['lost', 'lost, too']) {
    log.append(line);
    await log.settled();
  }
  expect(warnings).toEqual(['usage_log_unwritable "ENOTDIR"']);
  rmSync(join(folder, 'deep'));
  log.append('kept');
  await log.settled();
  expect(readFileSync(path(), 'utf8')).toBe('kept\n');
});

test('P-184 of a disk that is full, each file is told once, and how much it has cost when there is room again', async () => {
  mkdirSync(join(folder, 'deep'));
  // It has no room for anybody.
  symlinkSync('/dev/full', path());
  const log = open();
  for (const line of ['lost', 'lost, too']) {
    log.append(line);
    await log.settled();
  }
  expect([warnings, log.unwritable]).toEqual([['usage_log_unwritable "ENOSPC"'], 'ENOSPC']);
  rmSync(path());
  for (const line of ['kept', 'and kept']) {
    log.append(line);
    await log.settled();
  }
  expect([warnings.slice(1), log.unwritable]).toEqual([['usage_log_writable 2'], null]);
  expect(readFileSync(path(), 'utf8')).toBe('kept\nand kept\n');
});

test('what waits for the disk is bounded', async () => {
  const log = open(100_000_000);
  for (let index = 0; index < 6; index += 1) log.append('x'.repeat(1_000_000));
  await log.settled();
  expect([warnings, readFileSync(path()).length]).toEqual([
    ['usage_log_unwritable "full"', 'usage_log_writable 2'],
    4 * 1_000_001,
  ]);
});

test('nothing that is appended while the files are read is taken for history', async () => {
  mkdirSync(join(folder, 'deep'));
  writeFileSync(path(), 'old\n');
  const log = open();
  const reading = readAll(log);
  log.append('new');
  expect(await reading).toEqual(['old']);
  await log.settled();
  expect(readFileSync(path(), 'utf8')).toBe('old\nnew\n');
});

test('P-184 of a file that is larger than all that would be kept, the end is read', async () => {
  mkdirSync(join(folder, 'deep'));
  writeFileSync(path(), Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join(''));
  expect(await readAll(open(20, 1))).toEqual(['line 96', 'line 97', 'line 98', 'line 99']);
});

test('a line that is too long is left out, one without an end is not, and pieces do not show', async () => {
  mkdirSync(join(folder, 'deep'));
  const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${'é'.repeat(index % 50)}`);
  writeFileSync(path(), `${lines.join('\n')}\n${'x'.repeat(200_000)}\nlast`);
  expect(await readAll(open())).toEqual([...lines, 'last']);
});
