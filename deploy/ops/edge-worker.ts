/** Uploads the preflight worker to Cloudflare and gives it its route. Invariant: with --dry-run nothing leaves this machine. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Manual } from './arguments.ts';
import { CloudflareApi, field, findZone, listOf } from './cloudflare-api.ts';
import { type Environment, firstOf, loadEnvironment } from './environment.ts';
import { Refusal } from './refusal.ts';
import { runScript, type Stage } from './script.ts';

const manual = {
  command: 'npm run edge:worker',
  summary:
    'Uploads deploy/edge/cloudflare/cors-preflight.mjs as a Cloudflare worker, and routes HOST + PATH_PREFIX to it.',
  options: {
    host: { value: 'NAME', help: 'Host that clients call; else HOST, else DOMAIN.' },
    'path-prefix': { value: 'PATH', help: 'What the worker gets; else PATH_PREFIX, else /v1.' },
    'zone-name': { value: 'NAME', help: 'Zone of that host; else ZONE_ID or ZONE_NAME.' },
    'allowed-origins': {
      value: 'LIST',
      help: "Beside Obsidian's; else ALLOWED_ORIGINS, else PROXY_CORS_ALLOWED_ORIGINS.",
    },
    name: { value: 'NAME', help: 'Of the worker.', default: 'codex-cors-preflight' },
    dotenv: { value: 'FILE', help: 'Instead of .env.' },
  },
  variables: {
    WORKER_CLOUDFLARE_API_TOKEN:
      'a token that may edit workers of the account and routes of the zone; not for a dry run',
    ZONE_NAME: 'the zone, or its ZONE_ID',
    CLOUDFLARE_API_BASE: "another API than Cloudflare's own",
  },
  examples: ['HOST=api.example.com ZONE_NAME=example.com npm run edge:worker -- --dry-run'],
} as const satisfies Manual;

const moduleName = 'cors-preflight.mjs';
const worker = join(import.meta.dirname, '../edge/cloudflare', moduleName);
const anOrigin = /^(\*|[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/@,"]{1,255}\/?)?$/i;
const compatibilityDate = '2026-01-01';

interface Plan {
  readonly name: string;
  readonly pattern: string;
  readonly origins: string;
  readonly zoneId: string;
  readonly zoneName: string;
}

function checked(what: string, value: string, accepts: RegExp, expected: string): string {
  if (!accepts.test(value)) throw new Refusal(`${what}: expected ${expected}`);
  return value;
}

function planOf(values: Readonly<Record<string, string | boolean | undefined>>, env: Environment): Plan {
  const given = (option: string, ...names: readonly string[]): string => {
    const value = values[option];
    return typeof value === 'string' ? value : (firstOf(env, ...names) ?? '');
  };
  const host = given('host', 'HOST', 'DOMAIN').toLowerCase();
  const prefix = given('path-prefix', 'PATH_PREFIX') || '/v1';
  const origins = given('allowed-origins', 'ALLOWED_ORIGINS', 'PROXY_CORS_ALLOWED_ORIGINS');
  const name = given('name');
  checked('--host', host, /^(?=.{1,253}$)([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/, 'a host name, as api.example.com');
  checked('--path-prefix', prefix, /^\/[\w./-]{0,100}$/, 'a path, as /v1');
  for (const origin of origins.split(',').map((one) => one.trim()))
    checked('--allowed-origins', origin, anOrigin, '* or origins (scheme://host[:port]), comma separated');
  checked('--name', name, /^[a-z0-9][a-z0-9-]{0,62}$/, 'lower case letters, digits and -');
  const zoneName = given('zone-name', 'ZONE_NAME');
  const zoneId = values['zone-name'] === undefined ? given('zone-id', 'ZONE_ID') : '';
  if (zoneId === '' && zoneName === '') throw new Refusal('say which zone: --zone-name, ZONE_NAME or ZONE_ID');
  return { name, pattern: `${host}${prefix.replace(/\/+$/, '')}/*`, origins, zoneId, zoneName };
}

function upload(source: string, origins: string): FormData {
  const form = new FormData();
  const bindings = [{ type: 'plain_text', name: 'ALLOWED_ORIGINS', text: origins }];
  const metadata = { main_module: moduleName, compatibility_date: compatibilityDate, bindings };
  form.set('metadata', new Blob([JSON.stringify(metadata)], { type: 'application/json' }));
  form.set(moduleName, new Blob([source], { type: 'application/javascript+module' }), moduleName);
  return form;
}

async function deploy(plan: Plan, source: string, api: CloudflareApi, stage: Stage): Promise<void> {
  const zone = await findZone(api, plan.zoneId, plan.zoneName);
  const script = `/accounts/${zone.accountId}/workers/scripts/${plan.name}`;
  await api.request('PUT', script, upload(source, plan.origins));
  stage.say(`uploaded ${plan.name}`);
  const routes = `/zones/${zone.id}/workers/routes`;
  const { result } = await api.request('GET', routes);
  const route = listOf(result).find((one) => field(one, 'pattern') === plan.pattern) ?? null;
  const wanted = { pattern: plan.pattern, script: plan.name };
  const id = field(route, 'id');
  if (typeof id !== 'string') await api.request('POST', routes, wanted);
  else if (field(route, 'script') !== plan.name) await api.request('PUT', `${routes}/${id}`, wanted);
  stage.say(`${plan.pattern} of ${zone.name} goes to ${plan.name}`);
}

await runScript(manual, process.argv.slice(2), async ({ values }, stage) => {
  const env = loadEnvironment('.env', values.dotenv);
  stage.hide(env);
  const plan = planOf(values, env);
  const source = readFileSync(worker, 'utf8');
  if (stage.dryRun) {
    stage.say(`would upload ${moduleName} (${source.length} characters) as ${plan.name}`);
    stage.say(`  with ALLOWED_ORIGINS=${JSON.stringify(plan.origins)} beside the origins of Obsidian`);
    stage.say(`would route ${plan.pattern} of ${plan.zoneId === '' ? plan.zoneName : 'the zone of ZONE_ID'} to it`);
    return;
  }
  const token = firstOf(env, 'WORKER_CLOUDFLARE_API_TOKEN');
  if (token === undefined)
    throw new Refusal('set WORKER_CLOUDFLARE_API_TOKEN: a token that may edit workers; or use --dry-run');
  await deploy(plan, source, new CloudflareApi(token, firstOf(env, 'CLOUDFLARE_API_BASE')), stage);
});
