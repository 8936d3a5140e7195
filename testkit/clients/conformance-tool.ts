/**
 * A conformance tool from npm, run on the gateway. Invariant: it is run as published, and what it prints is one JSON report.
 */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from '../gateway.ts';
import type { Json } from '../validator/json.ts';
import { runClient } from './client-process.ts';

export interface ToolRun {
  readonly code: number | null;
  readonly report: Json;
}

/** `bin`: the file that the package names as its command. */
export async function runTool(gateway: Gateway, bin: string, args: readonly string[]): Promise<ToolRun> {
  const home = mkdtempSync(join(gateway.folder, 'client-'));
  const env = { HOME: home, OPENAI_API_KEY: gateway.key, LLMPROBE_API_KEY: gateway.key };
  const { code, stdout } = await runClient(bin, args, { cwd: home, env });
  return { code, report: JSON.parse(stdout) as Json };
}
