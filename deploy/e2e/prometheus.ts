/**
 * Prometheus with a configuration of a test, in a folder of its own. Invariant: it ends with the test, and nothing of it stays.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** What an instant query finds now. */
  query(expr: string): Promise<readonly Sample[]>;
  /** Names of the alerts that fire now. */
  firing(): Promise<readonly string[]>;
  /** What went wrong with scraping each target; empty: nothing. */
  scrapeErrors(): Promise<readonly string[]>;
}

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const startMs = 20_000;

/** `files`: by their names, beside `prometheus.yml`. */
export async function startPrometheus(port: number, files: Readonly<Record<string, string>>): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-prometheus-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(String(chunk)));
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      resolve();
    };
    child.once('error', (error) => {
      words.push(error.message);
      end();
    });
    child.once('close', end);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  // oxlint-disable-next-line typescript/no-explicit-any
  const data = async (path: string): Promise<any> => {
    const answer = await ask(path);
    const { data: found, error } = (await answer.json()) as { data: unknown; error?: string };
    if (!answer.ok) throw new Error(`${path}: ${error ?? answer.status}`);
    return found;
  };
  const ready = (): Promise<boolean> =>
    ask('/-/ready').then(
      ({ ok }) => ok,
      () => false,
    );
  for (const started = Date.now(); !(await ready()); await wait(50))
    if (ended || Date.now() - started > startMs)
      throw new Error(`prometheus does not become ready\n${words.join('').slice(-4_000)}`);
  return {
    query: async (expr) => {
      const { result } = await data(`/api/v1/query?query=${encodeURIComponent(expr)}`);
      return (result as readonly Found[]).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    firing: async () => {
      const { alerts } = await data('/api/v1/alerts');
      type Alert = { readonly state: string; readonly labels: { readonly alertname: string } };
      const found = (alerts as readonly Alert[]).filter(({ state }) => state === 'firing');
      return found.map(({ labels }) => labels.alertname);
    },
    scrapeErrors: async () => {
      const { activeTargets } = await data('/api/v1/targets?state=active');
      return (activeTargets as readonly { lastError: string }[]).flatMap(({ lastError }) => lastError || []);
    },
  };
}
