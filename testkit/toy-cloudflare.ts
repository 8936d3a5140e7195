/** As much of the Cloudflare API as our scripts use, in memory, on loopback. It knows one zone and one token. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const toyToken = 'toy-token-0123456789';
export const zoneId = '0123456789abcdef0123456789abcdef';
const accountId = 'fedcba9876543210fedcba9876543210';

type Fields = Record<string, unknown>;

export interface ToyCloudflare {
  readonly base: string;
  /** Method and path of each request, in order. */
  readonly requests: string[];
  /** Null until somebody makes it. */
  rules: Fields[] | null;
  readonly routes: Fields[];
  readonly scripts: Map<string, FormData>;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export async function startToyCloudflare(zone: string): Promise<ToyCloudflare> {
  let ids = 0;
  const nextId = (): string => String((ids += 1)).padStart(32, '0');
  const named = (fields: Fields): Fields => ({ id: nextId(), ...fields });
  const phase = `/zones/${zoneId}/rulesets/phases/http_response_headers_transform/entrypoint`;
  const found = { id: zoneId, name: zone, account: { id: accountId, name: 'somebody' } };

  async function answer(method: string, path: string, request: IncomingMessage): Promise<unknown> {
    const body = await bodyOf(request);
    const json = (): Fields => JSON.parse(body.toString()) as Fields;
    if (path === `/zones?name=${zone}`) return [found];
    if (path.startsWith('/zones?name=')) return [];
    if (path === `/zones/${zoneId}`) return found;
    if (path === phase && method === 'PUT') toy.rules = (json()['rules'] as Fields[]).map(named);
    if (path === phase) return toy.rules === null ? undefined : { id: 'ruleset-1', rules: toy.rules };
    const rule = new RegExp(`^/zones/${zoneId}/rulesets/ruleset-1/rules(?:/(\\d+))?$`).exec(path);
    if (rule !== null && toy.rules !== null) {
      if (method === 'POST') toy.rules.push(named(json()));
      else toy.rules = toy.rules.map((one) => (one['id'] === rule[1] ? { id: one['id'], ...json() } : one));
      return {};
    }
    const script = new RegExp(`^/accounts/${accountId}/workers/scripts/([a-z-]+)$`).exec(path)?.[1];
    if (script !== undefined && method === 'PUT') {
      const type = request.headers['content-type'] ?? '';
      toy.scripts.set(
        script,
        await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData(),
      );
      return {};
    }
    if (path.startsWith(`/zones/${zoneId}/workers/routes`)) {
      if (method === 'POST') toy.routes.push(named(json()));
      if (method === 'PUT') Object.assign(toy.routes.find(({ id }) => path.endsWith(String(id))) ?? {}, json());
      return toy.routes;
    }
    return undefined;
  }

  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    toy.requests.push(`${method} ${url}`);
    const say = (status: number, body: Fields): void => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${toyToken}`) {
      const message = `Authentication error for ${request.headers.authorization ?? ''} of ${accountId}`;
      say(403, { success: false, result: null, errors: [{ code: 10_000, message }] });
      return;
    }
    answer(method, url, request).then(
      (result) =>
        result === undefined
          ? say(404, { success: false, result: null, errors: [{ code: 7_003, message: 'not found' }] })
          : say(200, { success: true, result, errors: [] }),
      () => say(400, { success: false, result: null, errors: [{ code: 9_207, message: 'bad request' }] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const toy: ToyCloudflare = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    rules: null,
    routes: [],
    scripts: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return toy;
}
