/** Reads what `egress.ts` writes, and nothing else: told a port, then numbers of streams; says `done` when all of those have ended. */

import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const asked = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
let port = 0;

for await (const line of createInterface({ input: process.stdin })) {
  if (port === 0) {
    port = Number(line);
    continue;
  }
  let open = Number(line);
  for (let index = 0; index < Number(line); index += 1) {
    const onread = { buffer: Buffer.allocUnsafe(65_536), callback: () => true };
    const socket = connect({ port, host: '127.0.0.1', onread }, () => socket.write(asked));
    socket.on('close', () => {
      open -= 1;
      if (open === 0) process.stdout.write('done\n');
    });
    socket.on('error', () => {});
  }
}
