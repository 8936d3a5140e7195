/**
 * The playbook for the response header rules at Cloudflare. Invariants: only rules of ours are touched, each by a request of its
 * own; with --dry-run nothing is changed; neither a token nor an id of an account or zone is printed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import {
  CloudflareApi,
  field,
  findZone,
  fromEnvironment,
  type Json,
  listOf,
  Refusal,
  runScript,
} from './cloudflare-api.ts';
import { differences, edits, render, type Rule, type Template } from './transform-rules.ts';

const usage = `usage: npm run edge:rules -- <command> [argument] [options]

  render               print the template, filled in; needs no token
  show                 print the rules that are there
  verify               compare them with the template; exit code 1 when they differ
  upsert-default       make them what the template says
  add-header NAME      to Access-Control-Allow-Headers
  remove-header NAME   from it
  set-acao ORIGIN      Access-Control-Allow-Origin: an origin, dynamic (echo a listed one), or * (then without credentials)
  set-methods LIST     Access-Control-Allow-Methods
  set-max-age SECONDS  Access-Control-Max-Age

  --dev                the rules of DEV_DOMAIN instead of DOMAIN
  --zone-name NAME     else ZONE_NAME or ZONE_ID
  --out FILE           where render writes to
  --dry-run            say what would be sent; without a token, as if no rule were there yet
  --help

Environment: DOMAIN or DEV_DOMAIN, ZONE_NAME (or ZONE_ID), ALLOWED_ORIGINS (else PROXY_CORS_ALLOWED_ORIGINS), and
CLOUDFLARE_API_TOKEN or CF_API_TOKEN: a token that may edit transform rules of the zone.`;

const folder = join(import.meta.dirname, '../edge/cloudflare');
const phase = 'http_response_headers_transform';

interface Present {
  readonly id: string;
  readonly rule: Rule;
}

interface Rules {
  /** Null: the zone has no rules of this kind yet. */
  readonly rulesetId: string | null;
  readonly present: ReadonlyMap<string, Present>;
}

function ours(value: Json, wanted: readonly Rule[]): readonly [ref: string, Present] | null {
  const id = field(value, 'id');
  const known = wanted.find(
    ({ ref, description }) => field(value, 'ref') === ref || field(value, 'description') === description,
  );
  if (known === undefined || typeof id !== 'string') return null;
  const headers = (field(field(value, 'action_parameters'), 'headers') ??
    {}) as unknown as Rule['action_parameters']['headers'];
  const rule: Rule = {
    ref: known.ref,
    description: known.description,
    expression: String(field(value, 'expression')),
    action: String(field(value, 'action')),
    action_parameters: { headers },
    enabled: field(value, 'enabled') !== false,
  };
  return [known.ref, { id, rule }];
}

class Playbook {
  readonly #api: CloudflareApi | null;
  readonly #zone: string;
  readonly #wanted: Template;
  readonly #dryRun: boolean;

  constructor(api: CloudflareApi | null, zone: string, wanted: Template, dryRun: boolean) {
    this.#api = api;
    this.#zone = zone;
    this.#wanted = wanted;
    this.#dryRun = dryRun;
  }

  async rules(): Promise<Rules> {
    if (this.#api === null) return { rulesetId: null, present: new Map() };
    const { result } = await this.#api.request('GET', `/zones/${this.#zone}/rulesets/phases/${phase}/entrypoint`);
    const id = field(result, 'id');
    const found = listOf(field(result, 'rules')).map((rule) => ours(rule, this.#wanted.rules));
    return { rulesetId: typeof id === 'string' ? id : null, present: new Map(found.filter((one) => one !== null)) };
  }

  /** Each rule that is not there is made, each that differs is changed. */
  async put(rules: readonly Rule[], { rulesetId, present }: Rules): Promise<void> {
    const changed = rules.filter((rule) => differences(present.get(rule.ref)?.rule ?? null, rule).length > 0);
    if (changed.length === 0) console.log('nothing to change');
    if (rulesetId === null) {
      if (changed.length > 0)
        await this.#send('PUT', `rulesets/phases/${phase}/entrypoint`, { rules: changed }, changed);
      return;
    }
    for (const rule of changed) {
      const id = present.get(rule.ref)?.id;
      const path = `rulesets/${rulesetId}/rules`;
      if (id === undefined) await this.#send('POST', path, rule, [rule]);
      else await this.#send('PATCH', `${path}/${id}`, rule, [rule]);
    }
  }

  async #send(method: string, path: string, body: object, rules: readonly Rule[]): Promise<void> {
    const names = rules.map(({ description }) => description).join(', ');
    if (this.#dryRun || this.#api === null) {
      console.log(`would ${method} ${names}:\n${JSON.stringify(body, null, 2)}`);
      return;
    }
    await this.#api.request(method, `/zones/${this.#zone}/${path}`, body as unknown as Json);
    console.log(`changed ${names}`);
  }
}

function templateOf(dev: boolean, zoneName: string, host: string): Template {
  const text = readFileSync(
    join(folder, dev ? 'response-headers.dev.template.json' : 'response-headers.template.json'),
    'utf8',
  );
  const hosts = { [host]: fromEnvironment(host), ZONE_NAME: zoneName };
  return render(text, hosts, fromEnvironment('ALLOWED_ORIGINS', 'PROXY_CORS_ALLOWED_ORIGINS'));
}

async function run(command: string, argument: string, playbook: Playbook, wanted: Template): Promise<number> {
  const rules = await playbook.rules();
  const edit = edits[command];
  if (edit !== undefined) {
    const base = wanted.rules.find(({ ref }) => ref.endsWith('_cors'));
    const rule = rules.present.get(base?.ref ?? '')?.rule ?? base;
    if (rule === undefined) throw new Refusal('the template has no rule about CORS');
    await playbook.put([edit(rule, argument)], rules);
  } else if (command === 'upsert-default') await playbook.put(wanted.rules, rules);
  else if (command === 'show') {
    const there = [...rules.present.values()].map(({ rule }) => rule);
    console.log(there.length === 0 ? 'none of our rules is there' : JSON.stringify(there, null, 2));
  } else {
    const found = wanted.rules.flatMap((rule) => differences(rules.present.get(rule.ref)?.rule ?? null, rule));
    for (const line of found) console.error(line);
    if (found.length > 0) return 1;
    console.log('the rules are what the template says');
  }
  return 0;
}

await runScript(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dev: { type: 'boolean', default: false },
      'zone-name': { type: 'string' },
      out: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command = '', argument = '', ...more] = positionals;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const takesArgument = command in edits;
  if (!takesArgument && !['render', 'show', 'verify', 'upsert-default'].includes(command))
    throw new Refusal(`${command === '' ? 'no command' : `unknown command ${JSON.stringify(command)}`}: see --help`);
  if (takesArgument === (argument === '') || more.length > 0)
    throw new Refusal(`${command} takes ${takesArgument ? 'one argument' : 'no argument'}`);

  const zoneName = values['zone-name'] ?? fromEnvironment('ZONE_NAME');
  const host = values.dev ? 'DEV_DOMAIN' : 'DOMAIN';
  // The name is of use in what is rendered; elsewhere ZONE_ID does as well.
  const wanted = templateOf(values.dev, zoneName || (command === 'render' ? '' : fromEnvironment(host)), host);
  if (command === 'render') {
    const text = `${JSON.stringify(wanted, null, 2)}\n`;
    if (values.out === undefined) process.stdout.write(text);
    else writeFileSync(values.out, text);
    return 0;
  }
  const token = fromEnvironment('CLOUDFLARE_API_TOKEN', 'CF_API_TOKEN');
  const offline = token === '' && values['dry-run'] && command !== 'show' && command !== 'verify';
  if (token === '' && !offline)
    throw new Refusal('set CLOUDFLARE_API_TOKEN (or CF_API_TOKEN): a token that may edit transform rules');
  if (offline) return await run(command, argument, new Playbook(null, '', wanted, true), wanted);
  const api = new CloudflareApi(token);
  const zone = await findZone(api, values['zone-name'] === undefined ? fromEnvironment('ZONE_ID') : '', zoneName);
  return await run(command, argument, new Playbook(api, zone.id, wanted, values['dry-run']), wanted);
});
