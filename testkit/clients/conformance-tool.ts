/**
 * A conformance tool from npm as a process of its own: nothing of the environment but its home, which goes with the gateway.
 * Invariant: it is run as published, and what it prints is one JSON report.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import type { Gateway } from '../gateway.ts';
import type { Json } from '../validator/json.ts';

const modules = join(import.meta.dirname, '../../node_modules');

export interface ToolRun {
  readonly code: number | null;
  readonly report: Json;
}

/** `bin`: the file that the package names as its command. */
export async function runTool(gateway: Gateway, bin: string, args: readonly string[]): Promise<ToolRun> {
  const home = mkdtempSync(join(gateway.folder, 'client-'));
  const child = spawn(process.execPath, [join(modules, bin), ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, OPENAI_API_KEY: gateway.key, LLMPROBE_API_KEY: gateway.key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const printed = await text(child.stdout);
  return { code: await exited, report: JSON.parse(printed) as Json };
}
