/**
 * The fake on stdio, with the real clock. Invariant: as with the real process, the end of stdin, SIGTERM and invalid
 * UTF-8 end it with code 0, whatever turns are running.
 */
import { isUtf8 } from 'node:buffer';
import { existsSync, fstatSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import process from 'node:process';
import type { AccountState } from './account.ts';
import { bundledModels } from './catalog.ts';
import type { Clock } from './clock.ts';
import { createAppServer } from './core.ts';
import type { JsonObject } from './lines.ts';
import { asObject } from './serde.ts';
import type { Settings } from './settings.ts';
import { createShim, unauthorizedTurn } from './shim-modes.ts';
import type { ShimPlay } from './shim-modes.ts';
import type { ShimSettings } from './shim-settings.ts';
import { createCapture, createWorld, showFace } from './shim-process.ts';
import { createLineWriter } from './writer.ts';
import type { ByteSink } from './writer.ts';

const realClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, fire) {
    if (delayMs > 0) {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    }
    const immediate = setImmediate(fire);
    return () => clearImmediate(immediate);
  },
};

/** A socket never blocks; `process.stdout` would, and with it the reading of stdin. Files cannot be sockets. */
function openStdout(): ByteSink & { close(): void } {
  const stat = fstatSync(1);
  if (!stat.isFIFO() && !stat.isSocket())
    return {
      write(bytes, done) {
        if (bytes.length > 0) writeSync(1, bytes as Uint8Array);
        done?.();
      },
      close: () => undefined,
    };
  const socket = new Socket({ fd: 1, readable: false, writable: true });
  // A reader that went away does not end the process.
  socket.on('error', () => undefined);
  return {
    write: (bytes, done) => void socket.write(bytes, done === undefined ? undefined : () => done()),
    close: () => void socket.end(),
  };
}

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
};

function models(codexHome: string): readonly JsonObject[] {
  const found = codexHome === '' ? undefined : asObject(readJson(`${codexHome}/models.json`))['models'];
  return Array.isArray(found) ? (found as readonly JsonObject[]) : bundledModels;
}

/** A sign-in outlives the process in `auth.json`, so that a sibling that starts later has it. */
function account(initial: AccountState, codexHome: string): AccountState {
  if (initial === 'none' || codexHome === '' || !existsSync(`${codexHome}/auth.json`)) return initial;
  const mode = asObject(readJson(`${codexHome}/auth.json`))['auth_mode'];
  return mode === 'chatgpt' ? 'chatgpt' : mode === 'apikey' ? 'apiKey' : initial;
}

function keep(codexHome: string, state: AccountState): void {
  if (codexHome === '') return;
  const path = `${codexHome}/auth.json`;
  if (state !== 'chatgpt' && state !== 'apiKey') return rmSync(path, { force: true });
  const next = `${path}.${process.pid}`;
  // Whole or not at all: a sibling may look for it at any moment.
  writeFileSync(next, JSON.stringify({ auth_mode: state === 'apiKey' ? 'apikey' : state }), { mode: 0o600 });
  renameSync(next, path);
}

function shimOf({ turns, process: face }: ShimSettings, codexHome: string): { readonly unselected?: ShimPlay } {
  return turns === null || face === null ? {} : { unselected: createShim(turns, createWorld(face, codexHome)) };
}

export function serve({ shim, ...settings }: Settings): void {
  const { process: face, unauthorized, authUrl, loginId } = shim;
  const stdout = openStdout();
  const writer = createLineWriter(stdout, settings.chunkBytes, (fire) => void setImmediate(fire));
  const capture = createCapture(face?.capture ?? '');
  const line = (text: string): void => {
    capture?.('sent', text);
    writer.line(text);
  };
  const exit = (code: number | null, signal: string | null): void =>
    writer.finish(() => {
      if (signal === null) process.exit(code ?? 0);
      process.kill(process.pid, signal);
    });
  const server = createAppServer({
    ...settings,
    ...shimOf(shim, settings.codexHome),
    ...(unauthorized ? { turnedAway: unauthorizedTurn } : {}),
    authUrl,
    loginId,
    clock: realClock,
    models: models(settings.codexHome),
    account: account(settings.account, settings.codexHome),
    codexHome: settings.codexHome || process.cwd(),
    cwd: process.cwd(),
    pid: process.pid,
    residentBytes: () => process.memoryUsage.rss(),
    onAccount: (state) => keep(settings.codexHome, state),
    sink: {
      emit: line,
      bytes: writer.bytes,
      exit,
      closeStdout: () => writer.finish(() => stdout.close()),
      note: (text) => void process.stderr.write(`ERROR codex_app_server_transport::transport: ${text}\n`),
    },
  });

  const farewell = showFace(shim, { line, exit: (code) => exit(code, null) });
  const leave = (why: string): void => {
    farewell(why);
    if (face === null) server.end();
    else setTimeout(() => server.end(), face.shutdownDelayMs);
  };
  let rest: Buffer[] = [];
  const take = (bytes: Buffer): void => {
    if (isUtf8(bytes)) {
      const text = bytes.toString('utf8');
      capture?.('received', text);
      return server.receive(text);
    }
    process.stderr.write('stream did not contain valid UTF-8\n');
    server.end();
  };
  process.stdin.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, end);
      take(rest.length === 0 ? tail : Buffer.concat([...rest, tail]));
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  });
  process.stdin.on('end', () => leave('end'));
  process.on('SIGTERM', () => leave('SIGTERM'));
}
