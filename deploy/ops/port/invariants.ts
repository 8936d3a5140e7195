/**
 * What must hold of the production stack before it is deployed. Invariant: nothing here changes anything; each finding is one
 * line, and all of them are told, not just the first.
 */

import { forwardAuth, ports, rateLimit, routers } from '../../edge/policy.ts';
import { traefikLabels } from '../../edge/traefik.ts';
import { type Environment, firstOf } from '../environment.ts';
import type { ComposeView, Service } from './service.ts';

export interface Finding {
  readonly name: string;
  /** What is wrong; null: nothing is. */
  readonly wrong: string | null;
}

const address = 'traefik.http.middlewares.codex-forwardauth.forwardauth.address';

const valuesOf = ({ labels }: Service, wanted: string): readonly string[] =>
  labels.filter(([name]) => name === wanted).map(([, value]) => value);

function forwardAuthFinding(app: Service, env: Environment): Finding {
  const expected = firstOf(env, 'FORWARDAUTH_URL') ?? forwardAuth.address;
  const found = valuesOf(app, address);
  const name = `one forwardauth address, ${expected}`;
  if (found.length !== 1) return { name, wrong: `${found.length} labels ${address}` };
  return { name, wrong: found[0] === expected ? null : `it is ${found[0]}` };
}

const routerFindings = (app: Service): readonly Finding[] =>
  routers.map((router) => {
    const of = (option: string): string | undefined =>
      valuesOf(app, `traefik.http.routers.codex-${router.name}.${option}`)[0];
    const chain = router.middlewares.map((middleware) => `codex-${middleware}`).join(',');
    const name = `router codex-${router.name}`;
    if (of('rule') === undefined) return { name, wrong: 'it has no rule' };
    if (of('middlewares') !== chain)
      return { name, wrong: `its middlewares are ${of('middlewares')}, expected ${chain}` };
    const priority = router.priority === undefined ? undefined : String(router.priority);
    return {
      name,
      wrong: of('priority') === priority ? null : `its priority is ${of('priority')}, expected ${priority}`,
    };
  });

/** Item by item against the table of the edge. */
function labelFinding(app: Service, env: Environment): Finding {
  const expected = traefikLabels({
    prefix: 'codex',
    host: firstOf(env, 'DOMAIN') ?? '',
    origins: firstOf(env, 'PROXY_CORS_ALLOWED_ORIGINS') ?? '',
    forwardAuthUrl: firstOf(env, 'FORWARDAUTH_URL') ?? forwardAuth.address,
    average: firstOf(env, 'RATE_LIMIT_AVG') ?? String(rateLimit.average),
    burst: firstOf(env, 'RATE_LIMIT_BURST') ?? String(rateLimit.burst),
    port: String(ports.app),
  });
  const found = Object.fromEntries(app.labels.filter(([label]) => label.startsWith('traefik.http.')));
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  const different = names.filter((each) => expected[each] !== found[each]);
  return {
    name: `labels are those of deploy/edge/policy.ts (${Object.keys(expected).length})`,
    wrong: different.length === 0 ? null : `different: ${different.slice(0, 5).join(', ')}`,
  };
}

const hidden = /\/metrics|\/__test/u;

function networkFinding(app: Service, view: ComposeView): Finding {
  const name = 'network traefik';
  if (valuesOf(app, 'traefik.docker.network')[0] !== 'traefik')
    return { name, wrong: 'no label traefik.docker.network=traefik' };
  if (!app.networks.includes('traefik')) return { name, wrong: 'the service is not in it' };
  return { name, wrong: view.externalNetworks.includes('traefik') ? null : 'it is not external' };
}

function homeFinding(app: Service): Finding {
  const mount = app.mounts.find(({ target }) => target === '/app/.codex-api');
  const name = 'home .codex-api is mounted and writable';
  if (mount === undefined) return { name, wrong: 'nothing is mounted at /app/.codex-api' };
  if (!/(?:^|\/)\.codex-api\/?$/u.test(mount.source)) return { name, wrong: `it is ${mount.source}` };
  return { name, wrong: mount.readOnly ? 'it is read-only: a sign-in could not be renewed' : null };
}

export function findingsOf(view: ComposeView, env: Environment): readonly Finding[] {
  const app = view.service('app');
  if (app === undefined) return [{ name: 'service app', wrong: 'there is none' }];
  const auth = view.service('auth');
  const routed = app.labels
    .filter(([name, value]) => name.endsWith('.rule') && hidden.test(value))
    .map(([name]) => name);
  const open = [app, auth].flatMap((service) => service?.ports ?? []).filter(({ host }) => host !== '127.0.0.1');
  return [
    { name: 'service auth', wrong: auth === undefined ? 'there is none' : null },
    forwardAuthFinding(app, env),
    ...routerFindings(app),
    labelFinding(app, env),
    { name: '/metrics and /__test are not routed', wrong: routed.length === 0 ? null : routed.join(', ') },
    networkFinding(app, view),
    homeFinding(app),
    {
      name: 'ports are published on 127.0.0.1 only',
      wrong: open.length === 0 ? null : `${open.map(({ published }) => published).join(', ')}: on every address`,
    },
  ];
}
