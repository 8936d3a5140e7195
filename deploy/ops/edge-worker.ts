/** Uploads the preflight worker to Cloudflare and gives it its route. Invariant: with --dry-run nothing leaves this machine. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CloudflareApi, field, findZone, fromEnvironment, listOf, Refusal, runScript } from './cloudflare-api.ts';

const usage = `usage: npm run edge:worker -- [options]

Uploads deploy/edge/cloudflare/cors-preflight.mjs as a Cloudflare worker and routes HOST + PATH_PREFIX to it.

  --host NAME             host that clients call (HOST, else DOMAIN)
  --path-prefix PATH      what the worker gets (PATH_PREFIX, else /v1)
  --zone-name NAME        zone of that host (ZONE_NAME; or ZONE_ID)
  --allowed-origins LIST  beside Obsidian's (ALLOWED_ORIGINS, else PROXY_CORS_ALLOWED_ORIGINS)
  --name NAME             of the worker (codex-cors-preflight)
  --dry-run               say what would be done; needs no token and no network
  --help

Needs WORKER_CLOUDFLARE_API_TOKEN: a token that may edit worker scripts of the account and worker routes of the zone.`;

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

function planOf(values: Readonly<Record<string, string | boolean | undefined>>): Plan {
  const given = (option: string, ...names: readonly string[]): string => {
    const value = values[option];
    return typeof value === 'string' ? value : fromEnvironment(...names);
  };
  const host = given('host', 'HOST', 'DOMAIN').toLowerCase();
  const prefix = given('path-prefix', 'PATH_PREFIX') || '/v1';
  const origins = given('allowed-origins', 'ALLOWED_ORIGINS', 'PROXY_CORS_ALLOWED_ORIGINS');
  const name = given('name') || 'codex-cors-preflight';
  checked('--host', host, /^(?=.{1,253}$)([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/, 'a host name, as api.example.com');
  checked('--path-prefix', prefix, /^\/[\w./-]{0,100}$/, 'a path, as /v1');
  for (const origin of origins.split(',').map((one) => one.trim()))
    checked('--allowed-origins', origin, anOrigin, '* or origins (scheme://host[:port]), comma separated');
  checked('--name', name, /^[a-z0-9][a-z0-9-]{0,62}$/, 'lower case letters, digits and -');
  const zoneName = given('zone-name', 'ZONE_NAME');
  const zoneId = values['zone-name'] === undefined ? fromEnvironment('ZONE_ID') : '';
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

async function deploy(plan: Plan, source: string, token: string): Promise<void> {
  const api = new CloudflareApi(token);
  const zone = await findZone(api, plan.zoneId, plan.zoneName);
  const script = `/accounts/${zone.accountId}/workers/scripts/${plan.name}`;
  await api.request('PUT', script, upload(source, plan.origins));
  console.log(`uploaded ${plan.name}`);
  const routes = `/zones/${zone.id}/workers/routes`;
  const { result } = await api.request('GET', routes);
  const route = listOf(result).find((one) => field(one, 'pattern') === plan.pattern) ?? null;
  const wanted = { pattern: plan.pattern, script: plan.name };
  const id = field(route, 'id');
  if (typeof id !== 'string') await api.request('POST', routes, wanted);
  else if (field(route, 'script') !== plan.name) await api.request('PUT', `${routes}/${id}`, wanted);
  console.log(`${plan.pattern} of ${zone.name} goes to ${plan.name}`);
}

await runScript(usage, async () => {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      'path-prefix': { type: 'string' },
      'zone-name': { type: 'string' },
      'allowed-origins': { type: 'string' },
      name: { type: 'string' },
      'dry-run': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const plan = planOf(values);
  const source = readFileSync(worker, 'utf8');
  if (values['dry-run'] === true) {
    console.log(`would upload ${moduleName} (${source.length} characters) as ${plan.name}`);
    console.log(`  with ALLOWED_ORIGINS=${JSON.stringify(plan.origins)} beside the origins of Obsidian`);
    console.log(`would route ${plan.pattern} of ${plan.zoneId === '' ? plan.zoneName : 'the zone of ZONE_ID'} to it`);
    return 0;
  }
  const token = fromEnvironment('WORKER_CLOUDFLARE_API_TOKEN');
  if (token === '')
    throw new Refusal('set WORKER_CLOUDFLARE_API_TOKEN: a token that may edit workers; or use --dry-run');
  await deploy(plan, source, token);
  return 0;
});
