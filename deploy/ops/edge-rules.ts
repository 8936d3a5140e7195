/**
 * The playbook for the response header rules at Cloudflare. Invariants: only rules of ours are touched, each by a request of its
 * own; with --dry-run nothing is changed; neither a token nor an id of an account or zone is printed.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Manual } from './arguments.ts';
import { CloudflareApi, field, findZone, type Json, listOf, textOf } from './cloudflare-api.ts';
import { type Environment, firstOf, loadEnvironment } from './environment.ts';
import { Refusal } from './refusal.ts';
import { runScript, type Stage } from './script.ts';
import { differences, edits, render, type Rule, type Template } from './transform-rules.ts';

const manual = {
  command: 'npm run edge:rules',
  summary: `The response header rules of a Cloudflare zone that are ours. Commands:

  render               print the template, filled in; needs no token
  show                 print the rules that are there
  verify               compare them with the template; exit code 1 when they differ
  upsert-default       make them what the template says
  add-header NAME      to Access-Control-Allow-Headers
  remove-header NAME   from it
  set-acao ORIGIN      Access-Control-Allow-Origin: an origin, dynamic (echo a listed one), or * (then without credentials)
  set-methods LIST     Access-Control-Allow-Methods
  set-max-age SECONDS  Access-Control-Max-Age

A dry run of a change needs no token: it is then told as if no rule were there yet.`,
  options: {
    dev: { help: 'The rules of DEV_DOMAIN instead of DOMAIN.' },
    'zone-name': { value: 'NAME', help: 'Instead of ZONE_ID or ZONE_NAME.' },
    out: { value: 'FILE', help: 'Where render writes to.' },
    dotenv: { value: 'FILE', help: 'Instead of .env, with --dev of .env.dev.' },
  },
  variables: {
    DOMAIN: 'host of the rules; with --dev it is DEV_DOMAIN',
    ZONE_NAME: 'the zone, or its ZONE_ID',
    ALLOWED_ORIGINS: "origins beside Obsidian's; else PROXY_CORS_ALLOWED_ORIGINS",
    CLOUDFLARE_API_TOKEN: 'or CF_API_TOKEN: a token that may edit transform rules of the zone',
    CLOUDFLARE_API_BASE: "another API than Cloudflare's own",
  },
} as const satisfies Manual;

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
    expression: textOf(field(value, 'expression')),
    action: textOf(field(value, 'action')),
    action_parameters: { headers },
    enabled: field(value, 'enabled') !== false,
  };
  return [known.ref, { id, rule }];
}

class Playbook {
  readonly #api: CloudflareApi | null;
  readonly #zone: string;
  readonly #wanted: Template;
  readonly #stage: Stage;

  constructor(api: CloudflareApi | null, zone: string, wanted: Template, stage: Stage) {
    this.#api = api;
    this.#zone = zone;
    this.#wanted = wanted;
    this.#stage = stage;
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
    if (changed.length === 0) this.#stage.say('nothing to change');
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
    if (this.#stage.dryRun || this.#api === null) {
      this.#stage.say(`would ${method} ${names}:\n${JSON.stringify(body, null, 2)}`);
      return;
    }
    await this.#api.request(method, `/zones/${this.#zone}/${path}`, body as unknown as Json);
    this.#stage.say(`changed ${names}`);
  }
}

function templateOf(dev: boolean, zoneName: string, host: string, env: Environment): Template {
  const file = dev ? 'response-headers.dev.template.json' : 'response-headers.template.json';
  const hosts = { [host]: firstOf(env, host) ?? '', ZONE_NAME: zoneName };
  const origins = firstOf(env, 'ALLOWED_ORIGINS', 'PROXY_CORS_ALLOWED_ORIGINS') ?? '';
  return render(readFileSync(join(folder, file), 'utf8'), hosts, origins);
}

interface Command {
  readonly name: string;
  readonly argument: string;
}

/** The rules that an editing command asks for. Checks its argument, so before anything is asked. */
const edited = ({ name, argument }: Command, rule: Rule): Rule => edits[name]?.(rule, argument) ?? rule;

async function run(command: Command, playbook: Playbook, wanted: Template, stage: Stage): Promise<number> {
  const rules = await playbook.rules();
  if (command.name in edits) {
    const base = corsOf(wanted);
    await playbook.put([edited(command, rules.present.get(base.ref)?.rule ?? base)], rules);
  } else if (command.name === 'upsert-default') await playbook.put(wanted.rules, rules);
  else if (command.name === 'show') {
    const there = [...rules.present.values()].map(({ rule }) => rule);
    stage.say(there.length === 0 ? 'none of our rules is there' : JSON.stringify(there, null, 2));
  } else {
    const found = wanted.rules.flatMap((rule) => differences(rules.present.get(rule.ref)?.rule ?? null, rule));
    for (const line of found) stage.say(line);
    if (found.length > 0) return 1;
    stage.say('the rules are what the template says');
  }
  return 0;
}

function corsOf({ rules }: Template): Rule {
  const found = rules.find(({ ref }) => ref.endsWith('_cors'));
  if (found === undefined) throw new Refusal('the template has no rule about CORS');
  return found;
}

const argv = process.argv.slice(2);
const first = argv.find((word) => !word.startsWith('-')) ?? '';
const operands = first in edits ? ['COMMAND', 'ARGUMENT'] : ['COMMAND'];

await runScript({ ...manual, operands }, argv, async ({ values, operands: [name = '', argument = ''] }, stage) => {
  const command: Command = { name, argument };
  const changes = name in edits || name === 'upsert-default';
  if (!changes && !['render', 'show', 'verify'].includes(name))
    throw new Refusal(`unknown command ${JSON.stringify(name)} (see ${manual.command} -- --help)`);
  const env = loadEnvironment(values.dev ? '.env.dev' : '.env', values.dotenv);
  stage.hide(env);
  const zoneName = values['zone-name'] ?? firstOf(env, 'ZONE_NAME') ?? '';
  const host = values.dev ? 'DEV_DOMAIN' : 'DOMAIN';
  // The name of the zone is of use in what is rendered; elsewhere ZONE_ID does as well.
  const wanted = templateOf(values.dev, zoneName || (name === 'render' ? '' : (firstOf(env, host) ?? '')), host, env);
  edited(command, corsOf(wanted));
  if (name === 'render') {
    const text = JSON.stringify(wanted, null, 2);
    if (values.out === undefined || stage.dryRun) stage.say(text);
    else writeFileSync(values.out, `${text}\n`);
    return 0;
  }
  const token = firstOf(env, 'CLOUDFLARE_API_TOKEN', 'CF_API_TOKEN');
  if (token === undefined) {
    if (!stage.dryRun || !changes)
      throw new Refusal('set CLOUDFLARE_API_TOKEN (or CF_API_TOKEN): a token that may edit transform rules');
    return run(command, new Playbook(null, '', wanted, stage), wanted, stage);
  }
  const api = new CloudflareApi(token, firstOf(env, 'CLOUDFLARE_API_BASE'));
  const zoneId = values['zone-name'] === undefined ? (firstOf(env, 'ZONE_ID') ?? '') : '';
  const zone = await findZone(api, zoneId, zoneName);
  return run(command, new Playbook(api, zone.id, wanted, stage), wanted, stage);
});
