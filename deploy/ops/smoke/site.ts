/** The smokes of a site behind an edge: `smoke:prod` and `smoke:dev` ask the image, the origin, the metrics and the edge. */

import { type Environment, firstOf, isOn } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { type Patience, healthy, imageHasCli, models, ready, streamedAnswer, wholeAnswer } from './checks.ts';
import { metricsChecks, metricsHidden, type Scrape } from './metrics.ts';
import type { Check } from './report.ts';
import { keyOf, patienceOf, targetOf, toolModesOf, toolSmokeOf } from './settings.ts';
import { inMode, toolCalls } from './tools.ts';
import { baseUrl, isLoopback, type Target } from './wire.ts';

export interface Site {
  readonly title: string;
  /** Variables that name it, the first that is set. */
  readonly names: readonly string[];
  readonly model: string;
  /** Where its metrics are unless METRICS_ENDPOINT says so. */
  readonly port: (env: Environment) => string;
  /** The metrics are asked for only where they are known to be there. */
  readonly metricsOptional: boolean;
}

export const prodSite: Site = {
  title: 'Production smoke',
  names: ['DOMAIN', 'APP_DOMAIN'],
  model: 'codex-5',
  port: () => '11435',
  metricsOptional: false,
};

export const devSite: Site = {
  title: 'Dev smoke',
  names: ['DEV_DOMAIN', 'DOMAIN'],
  model: 'codev-5',
  port: (env) => firstOf(env, 'DEV_PORT') ?? '18010',
  metricsOptional: true,
};

export function domainOf(env: Environment, { names }: Site): string {
  const domain = firstOf(env, ...names);
  if (domain === undefined)
    throw new Refusal(`set ${names.join(' or ')} to the name of the site, such as codex.example.org`);
  return domain;
}

/** An edge on this machine may be plain http, for a trial; all others are https. */
export function edgeOf(env: Environment, site: Site): Target {
  const name = site.names[0] ?? 'DOMAIN';
  const edge = targetOf('edge', name, domainOf(env, site), keyOf(env));
  if (edge.base.protocol === 'http:' && !isLoopback(edge.base))
    throw new Refusal(`${name}: an edge is asked over https`);
  // A site has a key of its own, or its users would all have the one that everybody knows.
  const { key: _, ...open } = edge;
  const own = keyOf(env);
  return own === undefined ? open : { ...open, key: own };
}

function scrapeOf(env: Environment, site: Site, edge: Target): Scrape {
  const text = firstOf(env, 'METRICS_ENDPOINT') ?? `http://127.0.0.1:${site.port(env)}/metrics`;
  const url = baseUrl('METRICS_ENDPOINT', text);
  const token = firstOf(env, 'METRICS_TOKEN', 'PROXY_METRICS_TOKEN');
  const key = keyOf(env);
  const base = new URL(url.origin);
  const skip = isOn(env['SKIP_METRICS'])
    ? 'SKIP_METRICS'
    : site.metricsOptional && !isOn(env['PROXY_ENABLE_METRICS']) && !isOn(env['REQUIRE_METRICS'])
      ? 'PROXY_ENABLE_METRICS is not on (REQUIRE_METRICS=1 asks all the same)'
      : undefined;
  const here: Target = { label: 'metrics', base };
  return {
    target: token === undefined ? here : { ...here, key: token },
    path: url.pathname === '/' ? '/metrics' : url.pathname,
    readiness: [
      isLoopback(base) && key !== undefined ? { ...here, key } : here,
      ...(edge.key === undefined ? [] : [edge]),
    ],
    skip,
  };
}

function originChecks(env: Environment, site: Site, patience: Patience): readonly Check[] {
  const domain = domainOf(env, site)
    .replace(/^https?:\/\//iu, '')
    .replace(/\/.*$/u, '');
  const host = firstOf(env, 'ORIGIN_HOST') ?? '127.0.0.1';
  const base = baseUrl('ORIGIN_HOST', host);
  const key = keyOf(env);
  // The certificate of an origin on this machine is not verified, and no other is believed without.
  const origin: Target = {
    label: 'origin',
    base,
    site: domain,
    ...(key !== undefined && isLoopback(base) ? { key } : {}),
  };
  const skip = isOn(env['SKIP_ORIGIN']) ? 'SKIP_ORIGIN' : undefined;
  return [healthy(origin, patience), models(origin, patience, site.model)].map((check) => ({ ...check, skip }));
}

function keyChecks(env: Environment, site: Site, edge: Target, patience: Patience): readonly Check[] {
  const model = firstOf(env, 'MODEL', 'SMOKE_MODEL') ?? site.model;
  const options = { ...toolSmokeOf(env, model), allowSingle: true };
  const noTools = firstOf(env, 'SMOKE_TOOL_CALLS');
  const toolSkip = noTools !== undefined && !isOn(noTools) ? 'SMOKE_TOOL_CALLS is off' : undefined;
  const checks = [
    wholeAnswer(edge, patience, model),
    streamedAnswer(edge, patience, model),
    ...toolModesOf(env, 'structured').map((mode) => ({ ...toolCalls(edge, inMode(mode, options)), skip: toolSkip })),
  ];
  if (edge.key !== undefined) return checks;
  return checks.map((check) => ({ ...check, skip: 'set KEY or PROXY_API_KEY' }));
}

export function siteChecks(env: Environment, site: Site): readonly Check[] {
  const patience = patienceOf(env);
  const edge = edgeOf(env, site);
  const scrape = scrapeOf(env, site, edge);
  return [
    imageHasCli(firstOf(env, 'IMAGE'), patience),
    ...originChecks(env, site, patience),
    ...metricsChecks(scrape, patience),
    healthy(edge, patience),
    models(edge, patience, site.model, edge.key === undefined),
    ready(edge, patience),
    metricsHidden(edge, patience),
    ...keyChecks(env, site, edge, patience),
  ];
}
