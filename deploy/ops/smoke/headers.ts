/** What an edge adds to answers: shown, and checked where clients in browsers depend on it. */

import type { Patience } from './checks.ts';
import { type Check, demand } from './report.ts';
import { ask, type Reply, type Target, urlOf } from './wire.ts';

/** Of every client that runs in the app; an edge that refuses it refuses them all. */
const origin = 'app://obsidian.md';
const unshown = new Set(['set-cookie', 'authorization', 'date', 'connection', 'keep-alive']);

const shown = ({ headers }: Reply): string =>
  Object.entries(headers)
    .filter(([name]) => !unshown.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');

export const edgeHeaders = (edge: Target, { requestMs }: Patience): readonly Check[] => [
  {
    name: 'edge answers the preflight',
    asks: `OPTIONS ${urlOf(edge, '/v1/chat/completions')}`,
    run: async () => {
      const reply = await ask(edge, '/v1/chat/completions', {
        method: 'OPTIONS',
        timeoutMs: requestMs,
        bare: true,
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        },
      });
      demand(reply.status === 204 || reply.status === 200, `status ${reply.status}`);
      const allowed = reply.headers['access-control-allow-headers']?.toLowerCase() ?? '';
      demand(allowed.includes('authorization'), 'authorization is not among the allowed headers');
      demand(reply.headers['access-control-allow-origin'] !== undefined, `${origin} is not an allowed origin`);
      return shown(reply);
    },
  },
  {
    name: 'edge headers',
    asks: `GET ${urlOf(edge, '/v1/models')}`,
    run: async () => {
      const reply = await ask(edge, '/v1/models', { timeoutMs: requestMs, headers: { origin } });
      demand(reply.status === 200, `status ${reply.status}`);
      return shown(reply);
    },
  },
];
