/**
 * `codex exec` as a client: the pinned CLI in a home of its own, with our gateway as its model provider and nothing else to
 * connect to. Invariant: it runs in its own folder; its retries are off, so that one run is one attempt.
 */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from '../gateway.ts';
import { type Json, type JsonObject, objectOf } from '../validator/json.ts';
import { runClient } from './client-process.ts';
import { model } from './stage.ts';

export interface CodexRun {
  readonly code: number | null;
  /** The lines of `--json`, in order. */
  readonly events: readonly JsonObject[];
}

export interface CodexClient {
  /** Where its tools run. */
  readonly work: string;
  /** `more`: further options of `codex exec`. */
  run(prompt: string, more?: readonly string[]): Promise<CodexRun>;
}

const config = (baseUrl: string): string => `
model = "${model}"
model_provider = "gateway"
check_for_update_on_startup = false
analytics.enabled = false
features = { plugins = false, remote_plugin = false, apps = false, shell_snapshot = false }

[model_providers.gateway]
name = "gateway"
base_url = "${baseUrl}"
wire_api = "responses"
env_key = "GATEWAY_KEY"
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
`;

/** Its home goes with the folder of the gateway. */
export function codexClient(gateway: Gateway): CodexClient {
  const home = mkdtempSync(join(gateway.folder, 'client-'));
  const work = join(home, 'work');
  mkdirSync(work);
  writeFileSync(join(home, 'config.toml'), config(gateway.baseUrl));
  const options = ['exec', '--json', '--skip-git-repo-check', '-s', 'danger-full-access', '-C', work];
  const env = { HOME: home, CODEX_HOME: home, GATEWAY_KEY: gateway.key };
  return {
    work,
    async run(prompt, more = []) {
      const args = [...options, ...more, prompt];
      const { code, stdout } = await runClient('@openai/codex/bin/codex.js', args, { cwd: work, env });
      const lines = stdout.split('\n').filter((line) => line !== '');
      return { code, events: lines.map((line) => objectOf(JSON.parse(line) as Json)) };
    },
  };
}

/** The items of one kind that a run reported as done. */
export const itemsOf = ({ events }: CodexRun, kind: string): readonly JsonObject[] =>
  events
    .filter((event) => event['type'] === 'item.completed')
    .map((event) => objectOf(event['item']))
    .filter((item) => item['type'] === kind);
