/**
 * The table of `policy.ts` in Traefik's words: the labels of a service in a compose file, and the dynamic file that says the same.
 * What compose fills in stays as it is written there, `${DOMAIN}`.
 */

import { cors, entryPoint, forwardAuth, type Middleware, rateLimit, type Router, routers } from './policy.ts';

export interface Stack {
  /** Before each name: `codex`, `codex-responses`, `codex-dev`. */
  readonly prefix: string;
  readonly host: string;
  readonly origins: string;
  readonly forwardAuthUrl: string;
  readonly average: string;
  readonly burst: string;
  /** Where the service listens, as Traefik sees it. */
  readonly port: string;
}

export const ruleOf = ({ prefix, paths, method }: Router, host: string): string => {
  const exact = (paths ?? []).map((path) => `Path(\`${path}\`)`).join(' || ');
  const where = prefix === undefined ? `(${exact})` : `PathPrefix(\`${prefix}\`)`;
  return [`Host(\`${host}\`)`, where, ...(method === undefined ? [] : [`Method(\`${method}\`)`])].join(' && ');
};

/** Traefik's headers middleware has most of them as options of their own. */
const headerOptions: Readonly<Record<string, string>> = {
  stsseconds: '31536000',
  stsincludesubdomains: 'true',
  stspreload: 'true',
  framedeny: 'true',
  contenttypenosniff: 'true',
  referrerpolicy: 'no-referrer',
  permissionspolicy: 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
  'customresponseheaders.X-DNS-Prefetch-Control': 'off',
};

const middlewareOptions = (stack: Stack): Readonly<Record<Middleware, Readonly<Record<string, string>>>> => ({
  cors: {
    'headers.accesscontrolallowcredentials': String(cors.credentials),
    'headers.accesscontrolallowheaders': cors.headers.join(','),
    'headers.accesscontrolallowmethods': cors.methods.join(','),
    'headers.accesscontrolalloworiginlist': stack.origins,
    'headers.accesscontrolmaxage': String(cors.maxAgeSeconds),
    'headers.addvaryheader': String(cors.vary),
  },
  headers: Object.fromEntries(Object.entries(headerOptions).map(([name, value]) => [`headers.${name}`, value])),
  ratelimit: {
    'ratelimit.average': stack.average,
    'ratelimit.burst': stack.burst,
    'ratelimit.period': `${rateLimit.periodSeconds}s`,
  },
  forwardauth: {
    'forwardauth.address': stack.forwardAuthUrl,
    'forwardauth.authrequestheaders': forwardAuth.requestHeaders.join(','),
    'forwardauth.trustforwardheader': String(forwardAuth.trustForwardHeader),
  },
});

/** Every label of one stack that begins with `traefik.http.`. */
export function traefikLabels(stack: Stack): Readonly<Record<string, string>> {
  const { prefix, host, port } = stack;
  const labels: [string, string][] = [[`traefik.http.services.${prefix}.loadbalancer.server.port`, port]];
  for (const router of routers) {
    const name = `traefik.http.routers.${prefix}-${router.name}`;
    labels.push(
      [`${name}.rule`, ruleOf(router, host)],
      [`${name}.entrypoints`, entryPoint],
      [`${name}.tls`, 'true'],
      [`${name}.middlewares`, router.middlewares.map((one) => `${prefix}-${one}`).join(',')],
      [`${name}.service`, router.service === 'edge' ? 'noop@internal' : prefix],
    );
    if (router.priority !== undefined) labels.push([`${name}.priority`, String(router.priority)]);
  }
  for (const [middleware, options] of Object.entries(middlewareOptions(stack)))
    for (const [option, value] of Object.entries(options))
      labels.push([`traefik.http.middlewares.${prefix}-${middleware}.${option}`, value]);
  return Object.fromEntries(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
