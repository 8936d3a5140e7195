/**
 * Caddy or nginx with the files that ship, in front of a gateway and a ForwardAuth service. Only addresses are put in: free ports on
 * loopback instead of 80 and 443, and for nginx a certificate of its own. Invariant: no process and no file outlives it.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent as PlainAgent, type IncomingHttpHeaders, request as plain, type RequestOptions } from 'node:http';
import { Agent as SecuredAgent, request as secured } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { eventually } from './parity/eventually.ts';

const files = join(import.meta.dirname, '../deploy/edge');

export const edgeHost = 'edge.example';

export interface EdgeUpstreams {
  readonly app: number;
  readonly auth: number;
  readonly origins: string;
}

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Each line as it came, so that a header that was sent twice is seen. */
  readonly headerLines: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

export interface EdgeRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Over few connections that are used again: many requests at once. */
  readonly keepAlive?: boolean;
}

export interface EdgeStream {
  /** What has arrived, in the pieces in which it did. */
  readonly chunks: readonly string[];
  readonly headers: IncomingHttpHeaders;
  until(text: string): Promise<void>;
  readonly ended: Promise<void>;
  leave(): void;
}

export interface Edge {
  ask(path: string, request?: EdgeRequest): Promise<EdgeAnswer>;
  stream(path: string, request: EdgeRequest): Promise<EdgeStream>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** Each has to be there: a place that is no longer found would mean that something else is run than what ships. */
function replaced(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`not in the file that ships: ${from}`);
    return all.replaceAll(from, to);
  }, text);
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly tls: boolean;
}

async function caddy(folder: string, { app, auth, origins }: EdgeUpstreams): Promise<Started> {
  const port = await freePort();
  const shipped = readFileSync(join(files, 'caddy/Caddyfile'), 'utf8');
  const config = join(folder, 'Caddyfile');
  writeFileSync(config, replaced(shipped, [['\tadmin off\n', '\tadmin off\n\tdefault_bind 127.0.0.1\n']]));
  const child = spawn('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      DOMAIN: `http://${edgeHost}:${port}`,
      PROXY_CORS_ALLOWED_ORIGINS: origins,
      APP_UPSTREAM: `127.0.0.1:${app}`,
      AUTH_UPSTREAM: `127.0.0.1:${auth}`,
    },
  });
  return { child, port, tls: false };
}

async function nginx(folder: string, { app, auth, origins }: EdgeUpstreams): Promise<Started> {
  const [port, insecure] = [await freePort(), await freePort()];
  const certificates = join(folder, edgeHost);
  mkdirSync(certificates);
  const [key, certificate] = ['privkey.pem', 'fullchain.pem'].map((name) => join(certificates, name)) as [
    string,
    string,
  ];
  const made = ['-keyout', key, '-out', certificate, '-subj', `/CN=${edgeHost}`, '-days', '1', '-nodes'];
  run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...made]);
  const shipped = readFileSync(join(files, 'nginx/codex-actors.conf.template'), 'utf8');
  const site = replaced(shipped, [
    ['${DOMAIN}', edgeHost],
    ['${PROXY_CORS_ALLOWED_ORIGINS}', origins],
    ['listen 80;', `listen 127.0.0.1:${insecure};`],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['/etc/letsencrypt/live', folder],
    ['server 127.0.0.1:11435', `server 127.0.0.1:${app}`],
    ['server 127.0.0.1:18080', `server 127.0.0.1:${auth}`],
  ]);
  writeFileSync(join(folder, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const main = [
    'daemon off; worker_processes 1; error_log stderr warn;',
    `pid ${join(folder, 'pid')};`,
    `events {} http { access_log off; ${temporary.join(' ')} include ${join(folder, 'site.conf')}; }`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), main.join('\n'));
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { child, port, tls: true };
}

export const edges = { caddy, nginx } as const;

export async function startEdge(name: keyof typeof edges, upstreams: EdgeUpstreams): Promise<Edge> {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-edge-'));
  const { child, port, tls } = await edges[name](folder, upstreams);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-8_192);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}\n${said}`)));
  });
  failed.catch(() => undefined);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const seize = (): void => void child.kill('SIGKILL');
  process.once('exit', seize);

  const agent = new (tls ? SecuredAgent : PlainAgent)({ keepAlive: true, maxSockets: 20 });
  const options = (path: string, { method = 'GET', headers = {}, keepAlive = false }: EdgeRequest): RequestOptions => ({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: keepAlive ? agent : false,
    headers: { host: edgeHost, ...headers },
    ...(tls ? { servername: edgeHost, rejectUnauthorized: false } : {}),
  });
  const send = tls ? secured : plain;

  const edge: Edge = {
    ask: (path, request = {}) =>
      new Promise((resolve, reject) => {
        const sent = send(options(path, request), (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.once('error', reject);
          answer.once('end', () => {
            const raw = answer.rawHeaders;
            const headerLines = raw.flatMap((value, at) =>
              at % 2 === 0 ? [[value.toLowerCase(), raw[at + 1] ?? ''] as const] : [],
            );
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, headerLines, text });
          });
        });
        sent.once('error', reject).end(request.body);
      }),
    stream: (path, request) =>
      new Promise((resolve, reject) => {
        const sent = send(options(path, { method: 'POST', ...request }), (answer) => {
          const chunks: string[] = [];
          answer.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
          const ended = new Promise<void>((done) => answer.once('close', done));
          resolve({
            chunks,
            headers: answer.headers,
            until: async (text) => void (await eventually(text, () => chunks.join('').includes(text))),
            ended,
            leave: () => sent.destroy(),
          });
        });
        sent.on('error', reject).end(request.body);
      }),
    stop: async () => {
      process.removeListener('exit', seize);
      agent.destroy();
      child.kill('SIGTERM');
      const late = setTimeout(seize, 5_000);
      await gone;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.race([
      failed,
      eventually(`${name} to answer`, () =>
        edge.ask('/nothing').then(
          ({ status }) => status === 404,
          () => false,
        ),
      ),
    ]);
  } catch (error) {
    await edge.stop();
    throw new Error(`${name} did not start\n${said}`, { cause: error });
  }
  return edge;
}
