/**
 * `@portkey-ai/gateway` as its package ships it, before a model provider that speaks HTTP: the bare writer, on the other core.
 * Invariant: both are over when it is stopped.
 */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { helperCore, startPinned, stopChild, subjectCore } from '../processes.ts';
import type { Running, StartOptions, Subject } from '../subject.ts';
import { bare } from './bare.ts';

const startMs = 60_000;
const pauseMs = 20;
const require = createRequire(import.meta.url);
const program = join(dirname(require.resolve('@portkey-ai/gateway/package.json')), 'build/start-server.js');

/** It takes a port by number only, so one is found that is free. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Its own word that it serves comes a second after it does. */
async function serves(port: number): Promise<void> {
  const endMs = performance.now() + startMs;
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/`)).text();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(pauseMs);
    }
  }
}

async function start({ env = {}, nodeArgs = [], core = subjectCore }: StartOptions = {}): Promise<Running> {
  const provider = await bare.start({ core: helperCore, env: { BENCH_COALESCE: '1' } });
  const port = await freePort();
  const child = startPinned(core, [...nodeArgs, program, '--headless', `--port=${port}`], {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    await stopChild(child);
    await provider.stop();
  };
  try {
    await serves(port);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    pids: [child.pid ?? 0],
    shims: () => provider.pids,
    headers: {
      authorization: 'Bearer none',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${provider.port}/v1`,
    },
    stop,
  };
}

export const portkey: Subject = { name: 'portkey', speaks: ['chat', 'chat-whole'], start };
