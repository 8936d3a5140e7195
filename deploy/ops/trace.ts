/**
 * `npm run trace -- REQ_ID`: everything that the files of the gateway know of one request: its line of access, the wire trace, its
 * usage, and what a saved log says. It only reads.
 */

import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { firstOf, loadEnvironment } from './environment.ts';
import { Failure, Refusal } from './refusal.ts';
import { runScript } from './script.ts';
import { generationsOf, inOrder, readRecords, recordsIn, recordText, type TraceRecord } from './trace/records.ts';

const requestId = /^[\w-]{8,128}$/;

await runScript(
  {
    command: 'npm run trace',
    summary:
      'Prints all records of one request, oldest first. REQ_ID is the header x-request-id of its answer. Prompts and answers are in the wire trace only, and only if the gateway was told so.',
    operands: ['REQ_ID'],
    options: {
      access: { value: 'FILE', help: 'Access log; beats ACCESS_LOG_PATH.' },
      wire: { value: 'FILE', help: 'Wire trace; beats PROTO_LOG_PATH.' },
      usage: { value: 'FILE', help: 'Usage log; beats TOKEN_LOG_PATH.' },
      log: { value: 'FILE', help: 'A saved log of the gateway, such as of docker logs; - for stdin.' },
      json: { help: 'The records as they are, one a line.' },
      dotenv: { value: 'FILE', help: 'Environment file of the gateway [.env].' },
    },
    variables: {
      ACCESS_LOG_PATH: 'the access log; without it there is none',
      PROTO_LOG_PATH: 'the wire trace [codex-proto-events.ndjson in the folder for temporary files]',
      TOKEN_LOG_PATH: 'the usage log [codex-usage.ndjson in PROXY_DATA_DIR, else in the folder for temporary files]',
    },
    examples: [
      'npm run trace -- req_1cc239fc8bdabdc26b7c1a29d852e25d',
      'docker logs codex-app | npm run trace -- req_1cc239fc8bdabdc26b7c1a29d852e25d --log -',
    ],
  },
  process.argv.slice(2),
  async ({ values, operands: [id = ''] }, stage) => {
    if (!requestId.test(id))
      throw new Refusal(`REQ_ID ${JSON.stringify(id.slice(0, 64))}: expected a request id, such as req_1cc239…`);
    const env = loadEnvironment('.env', values.dotenv);
    stage.hide(env);
    const data = firstOf(env, 'PROXY_DATA_DIR') ?? tmpdir();
    const files: readonly (readonly [source: string, path: string | undefined])[] = [
      ['access', values.access ?? firstOf(env, 'ACCESS_LOG_PATH')],
      ['wire', values.wire ?? firstOf(env, 'PROTO_LOG_PATH') ?? join(tmpdir(), 'codex-proto-events.ndjson')],
      ['usage', values.usage ?? firstOf(env, 'TOKEN_LOG_PATH') ?? join(data, 'codex-usage.ndjson')],
    ];
    if (stage.dryRun) {
      for (const [source, path] of files) stage.say(`would read ${source}: ${path ?? 'nothing, no file is set'}`);
      return 0;
    }
    const found: TraceRecord[] = [];
    const looked: string[] = [];
    for (const [source, path] of files) {
      if (path === undefined || generationsOf(path).length === 0) continue;
      looked.push(path);
      found.push(
        ...(await recordsIn(path, id, source).catch((error: NodeJS.ErrnoException) => {
          throw new Failure(`cannot read ${path} (${error.code ?? 'unknown error'})`);
        })),
      );
    }
    if (values.log !== undefined) {
      looked.push(values.log);
      const stream = values.log === '-' ? process.stdin : createReadStream(values.log, 'utf8');
      found.push(
        ...(await readRecords(stream, id, 'log').catch(() => {
          throw new Failure(`cannot read ${values.log}`);
        })),
      );
    }
    if (found.length === 0)
      throw new Failure(
        looked.length === 0
          ? 'there is no file to look in: set ACCESS_LOG_PATH for the gateway, or name files (--help)'
          : `no record of ${id} in ${looked.join(', ')}`,
      );
    for (const record of inOrder(found))
      stage.say(values.json ? JSON.stringify({ source: record.source, ...record.value }) : recordText(record));
    return 0;
  },
);
