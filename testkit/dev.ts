/**
 * `npm run dev:offline` and `npm run dev:shim`: the gateway as it ships, in front of something that needs no account and no
 * network. Offline is the real CLI against the fake model provider; the shim is the scripted fake of the CLI itself.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startProvider } from './provider/server.ts';

const root = join(import.meta.dirname, '..');
const modes = ['offline', 'shim'];
const [mode = '', ...args] = process.argv.slice(2);

if (!modes.includes(mode)) {
  process.stderr.write(`usage: dev.ts ${modes.join('|')} [arguments of the gateway]\n`);
  process.exit(1);
}

const home = mkdtempSync(join(tmpdir(), 'codex-actors-dev-'));
const provider = mode === 'offline' ? await startProvider({ recordMax: 0 }) : null;
const fake = join(root, 'testkit/app-server/main.ts');
const gateway = spawn(process.execPath, [join(root, 'http/main.ts'), ...args], {
  stdio: 'inherit',
  env: {
    PROXY_ENV: 'dev',
    ...process.env,
    CODEX_HOME: home,
    ...(provider === null ? { CODEX_BIN: fake } : { CODEX_PROVIDER_URL: provider.baseUrl }),
  },
});

/** The gateway drains; this process lives as long as it does. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => gateway.kill(signal));

gateway.on('close', (code, signal) => {
  rmSync(home, { recursive: true, force: true });
  process.exitCode = code ?? (signal === null ? 1 : 128);
  void provider?.close();
});
