/**
 * A gateway of two nodes under many new connections, while its nodes are stopped one after the other and come back. A program of its
 * own, so that it can run in a network of its own: prints one line of JSON, how many requests were answered and what became of the
 * others.
 */

import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { bodyOf, post, whole } from '../answers.ts';
import { type Gateway, startGateway } from '../gateway.ts';

export interface SharedPortReport {
  readonly answered: number;
  readonly chats: number;
  /** What happened to a connection that was not answered, and how often. */
  readonly lost: Readonly<Record<string, number>>;
  readonly stops: number;
}

/** The first argument; so often a node is stopped. */
const stops = Number(process.argv[2] ?? 2);
/** New connections: so many every so often, and no more than that under way. */
const burst = 4;
const everyMs = 10;
const underWayMax = 256;

/** One connection, one request: resolves with what became of it. */
const once = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(15_000, () => socket.destroy(new Error('silent')));
    socket.on('connect', () => socket.write('GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n'));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      // The whole body: it ends with the list.
      if (!received.endsWith('}]}')) return;
      resolve(received.startsWith('HTTP/1.1 200') ? 'answered' : received.slice(0, 20));
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(received === '' ? 'closed' : 'cut'));
  });

const stopInTurn = async (gateway: Gateway): Promise<void> => {
  for (let stop = 0; stop < stops; stop += 1) {
    const node = stop % 2;
    const spawned = gateway.logged.findLast((line) => line['event'] === 'node_spawned' && line['node'] === node);
    const before = gateway.lines.all.length;
    process.kill(Number(spawned?.['pid']), 'SIGTERM');
    await gateway.lines.until((line) => line.includes(` node_ready node=${node} `), 30_000, before);
  }
};

const gateway = await startGateway(
  { PROXY_NODES: '2', PROXY_WORKER_COUNT: '1', CODEX_BIN: join(import.meta.dirname, '../app-server/main.ts') },
  { workersReady: 0 },
);
const lost: Record<string, number> = {};
let [answered, chats] = [0, 0];
try {
  for (const node of [0, 1]) await gateway.until((line) => line.includes(` worker_ready node=${node} `), 30_000);
  let over = false;
  const underWay = new Set<Promise<void>>();
  const open = async (): Promise<void> => {
    const outcome = await once(gateway.port);
    if (outcome === 'answered') answered += 1;
    else lost[outcome] = (lost[outcome] ?? 0) + 1;
  };
  const opening = setInterval(() => {
    for (let one = 0; one < burst && underWay.size < underWayMax; one += 1) {
      const opened: Promise<void> = open().finally(() => underWay.delete(opened));
      underWay.add(opened);
    }
  }, everyMs);
  /** Generations on connections of their own; a node that has just come back has no worker yet, and lets them wait. */
  const chat = async (): Promise<void> => {
    while (!over) {
      const answer = await post(gateway, 'chat', bodyOf('chat', 'hello')).done;
      if (answer.status === 200 && whole('chat', answer).code === null) chats += 1;
      else lost[`chat ${answer.status}`] = (lost[`chat ${answer.status}`] ?? 0) + 1;
    }
  };
  const chatting = chat();
  await stopInTurn(gateway);
  over = true;
  clearInterval(opening);
  await Promise.all([chatting, ...underWay]);
  await gateway.stop();
} finally {
  await gateway.kill();
}
const report: SharedPortReport = { answered, chats, lost, stops };
process.stdout.write(`${JSON.stringify(report)}\n`);
