/**
 * The gateway as it ships (`http/main.ts` in a process of its own), before the real CLI and a fake provider, for the
 * end-to-end tests. Invariant: whatever a test does, neither a process nor a folder outlives it; every wait has a deadline.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Lines } from './gateway-lines.ts';
import { remember } from './last-words.ts';
import { alive, childrenOf, gone, type Pid, seize } from './process-table.ts';
import type { Provider, ProviderOptions } from './provider/provider.ts';
import { startProvider } from './provider/server.ts';

const root = join(import.meta.dirname, '..');
const startMs = 20_000;
/** Longer than the gateway's own deadlines for a drain without running answers. */
const stopMs = 20_000;

/** Of the test's own environment nothing else is passed on; an empty string unsets one of the defaults below. */
export type GatewayEnv = Readonly<Record<string, string>>;

export interface GatewayOptions {
  readonly provider?: ProviderOptions;
  /** Arguments of `http/main.ts`. */
  readonly args?: readonly string[];
  /** Wait until this many workers have shaken hands; 1 by default, 0 for none. */
  readonly workersReady?: number;
  /** In a process group of its own, as under a shell: `signalGroup()` is the Ctrl-C of its terminal. */
  readonly ownGroup?: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Gateway {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly port: number;
  readonly key: string;
  /** For `ask()` of `raw-client.ts`. */
  readonly withKey: Readonly<Record<string, string>>;
  readonly provider: Provider;
  /** Holds `home`, `state`, `work` and `data`; removed with the gateway. */
  readonly folder: string;
  readonly pid: number;
  /** Everything it has written, both streams; `lines.until()` waits for a line. */
  readonly lines: Lines;
  readonly stderr: readonly string[];
  /** Its log, as in `Lines`. */
  readonly journal: readonly string[];
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  readonly exited: Promise<Exit>;
  /** Resolves with the first line, past or coming, that the predicate accepts. */
  until(accepts: (line: string) => boolean, timeoutMs?: number): Promise<string>;
  /** The workers that run now, of all nodes. */
  workers(): readonly Pid[];
  /** The nodes that run now; none where there is one process. */
  nodes(): readonly Pid[];
  signal(name: NodeJS.Signals): void;
  /** To every process of its group; with `ownGroup` only. */
  signalGroup(name: NodeJS.Signals): void;
  /** Nobody reads what it writes any more: both pipes are closed. */
  deafen(): void;
  /** SIGTERM; rejects unless it ends with code 0 and takes its workers along. */
  stop(): Promise<void>;
  /** SIGKILL for it and its workers. */
  kill(): Promise<void>;
}

/** With a defect put back, for a test that has to notice it; see `parity/defects/`. */
const { PARITY_DEFECT: defect } = process.env;
export const defective: Readonly<Record<string, string>> =
  defect === undefined
    ? {}
    : { PARITY_DEFECT: defect, NODE_OPTIONS: `--import=${join(root, 'testkit/parity/defects/hook.mjs')}` };

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

export async function startGateway(env: GatewayEnv = {}, options: GatewayOptions = {}): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-e2e-'));
  for (const name of ['home', 'state', 'work']) mkdirSync(join(folder, name));
  const provider = await startProvider(options.provider ?? {});
  const key = env['PROXY_API_KEY'] ?? 'e2e-key';
  const child = spawn(process.execPath, [join(root, 'http/main.ts'), ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.ownGroup === true,
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      PROXY_ENV: 'local',
      PROXY_API_KEY: key,
      CODEX_HOME: join(folder, 'home'),
      CODEX_SQLITE_HOME: join(folder, 'state'),
      PROXY_CODEX_WORKDIR: join(folder, 'work'),
      PROXY_DATA_DIR: join(folder, 'data'),
      // Of a gateway in development.
      PROTO_LOG_PATH: join(folder, 'wire.ndjson'),
      CODEX_PROVIDER_URL: provider.baseUrl,
      ...defective,
      ...env,
    },
  });
  const pid = child.pid ?? 0;
  const nodeCount = Number(env['PROXY_NODES'] ?? 1);
  const nodes = (): readonly Pid[] => (nodeCount === 1 ? [] : childrenOf(pid));
  const workers = (): readonly Pid[] =>
    nodeCount === 1 ? childrenOf(pid) : nodes().flatMap((node) => childrenOf(node.pid));
  /** Ran at some time, so that those are found too whose parent is gone. */
  const known = new Map<number, Pid>();
  const note = (): void => {
    for (const one of [...nodes(), ...workers()]) known.set(one.pid, one);
  };
  const lines = new Lines(child, (line) => {
    if (line.includes(' worker') || line.includes(' node_')) note();
  });
  remember(() => lines.tail());
  const exited = exitOf(child);
  const seizeAll = (): void => {
    note();
    child.kill('SIGKILL');
    for (const one of known.values()) seize(one);
  };
  process.once('exit', seizeAll);
  const clear = async (): Promise<void> => {
    process.removeListener('exit', seizeAll);
    seizeAll();
    await exited;
    await gone([...known.values()]);
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  };

  async function stop(): Promise<void> {
    try {
      note();
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopMs);
      const { code, signal } = await exited;
      clearTimeout(late);
      const orphans = [...known.values()].filter(alive);
      if (code === 0 && orphans.length === 0) return;
      const left = orphans.length === 0 ? '' : `, leaving ${orphans.map((one) => one.pid).join(', ')}`;
      throw new Error(`the gateway ended with ${signal ?? code}${left}\n${lines.tail()}`);
    } finally {
      await clear();
    }
  }

  try {
    const found = await lines.until((line) => line.includes('listening on http://'), startMs * nodeCount);
    for (let ready = 0; ready < (options.workersReady ?? 1); ready += 1) {
      await lines.until((line) => line.includes(` worker_ready slot=${ready} `), startMs);
    }
    note();
    const port = Number(/:(\d+)\/v1 /.exec(found)?.[1]);
    return {
      baseUrl: `http://127.0.0.1:${port}/v1`,
      port,
      key,
      withKey: { authorization: `Bearer ${key}` },
      provider,
      folder,
      pid,
      lines,
      stderr: lines.stderr,
      journal: lines.journal,
      logged: lines.logged,
      exited,
      until: (accepts, timeoutMs) => lines.until(accepts, timeoutMs),
      workers,
      nodes,
      signal: (name) => void child.kill(name),
      signalGroup: (name) => {
        if (options.ownGroup !== true) throw new Error('the gateway shares the group of the test');
        process.kill(-pid, name);
      },
      deafen: () => {
        child.stdout.destroy();
        child.stderr.destroy();
      },
      stop,
      kill: clear,
    };
  } catch (cause) {
    await clear();
    throw new Error(`the gateway did not start\n${lines.tail()}`, { cause });
  }
}
