/** What the fake app-server was told, line by line, for the rows that are about what a worker is asked to do. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Loose } from './server.ts';
import { recordsIn } from './written-lines.ts';

export interface Captured {
  /** For `serve`. */
  readonly env: Readonly<Record<string, string>>;
  /** Parameters of all requests with that method, so far. */
  requests(method: string): readonly Loose[];
  /** Answers to requests that the worker itself has made, so far. */
  replies(): readonly Loose[];
}

/** One capture of all workers of a server; removed when the test that asks for it is over. */
export function capture(): Captured {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'rpcs');
  const received = (): readonly Loose[] =>
    recordsIn(file)
      .filter(({ direction }) => direction === 'received')
      .map(({ message }) => message);
  return {
    env: { FAKE_CODEX_CAPTURE_RPCS: file },
    requests: (method) =>
      received()
        .filter((message) => message.method === method)
        .map(({ params }) => params),
    replies: () => received().filter((message) => message.method === undefined),
  };
}
