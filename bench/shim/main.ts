/**
 * The shim as a program, in the place of the CLI: `CODEX_BIN=bench/shim/main.ts`. `FAKE_CODEX_BENCH_CORE` pins it to a core,
 * for its parent is pinned to another. Invariant: the end of stdin ends it.
 */

import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import process from 'node:process';
import { asObject } from '../../testkit/app-server/serde.ts';
import { bundledModels } from '../../testkit/app-server/catalog.ts';
import type { JsonObject } from '../../testkit/app-server/lines.ts';
import { pinSelf } from '../processes.ts';
import { LineSplitter } from './line-splitter.ts';
import { createPacer, processTime } from './pacer.ts';
import { createShim } from './shim.ts';

const writtenBytesMax = 1 << 20;

const { FAKE_CODEX_BENCH_CORE: core, CODEX_HOME: home = '' } = process.env;

function models(): readonly JsonObject[] {
  try {
    const found = asObject(JSON.parse(readFileSync(`${home}/models.json`, 'utf8')))['models'];
    return Array.isArray(found) ? (found as readonly JsonObject[]) : bundledModels;
  } catch {
    return bundledModels;
  }
}

function serve(): void {
  if (core !== undefined) pinSelf(core);
  const stdout = new Socket({ fd: 1, readable: false, writable: true });
  stdout.on('error', () => {});
  const pacer = createPacer(processTime);
  let gathered = '';
  const flush = (): void => {
    const leaving = gathered;
    gathered = '';
    stdout.write(leaving, 'latin1');
    if (stdout.writableLength > writtenBytesMax) pacer.hold(true);
  };
  stdout.on('drain', () => pacer.hold(false));
  const shim = createShim({
    clock: { now: Date.now, schedule: processTime.after },
    pacer,
    emit(lines) {
      if (gathered === '') setImmediate(flush);
      gathered += lines;
    },
    exit: (code) => setImmediate(() => stdout.end(() => process.exit(code ?? 0))),
    pid: process.pid,
    codexHome: home || process.cwd(),
    models: models(),
  });
  const lines = new LineSplitter((line) => shim.receive(line));
  process.stdin.on('data', (chunk: Buffer) => lines.take(chunk));
  process.stdin.on('end', () => shim.end());
  process.on('SIGTERM', () => shim.end());
}

const args = process.argv.slice(2);
if (args.includes('--version')) process.stdout.write('codex-cli 0.169.0\n');
else if (args[0] === 'debug') process.stdout.write(`${JSON.stringify({ models: bundledModels })}\n`);
else serve();
