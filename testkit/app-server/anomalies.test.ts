/**
 * What a client must survive and no model provider can cause: the fake shows each of it. The first table was seen of the real
 * process, the second was not and is cheap to defend against.
 */
import { describe, expect, test } from 'vitest';
import { createTestClient } from './client.ts';
import type { AppServerOptions } from './core.ts';
import { asObject, asString } from './serde.ts';

type Row = readonly [what: string, scenario: string, shown: readonly RegExp[], options?: Partial<AppServerOptions>];

const completed = /^\{"method":"turn\/completed"/;
const delta = /^\{"method":"item\/agentMessage\/delta"/;
const messageStarted = /^\{"method":"item\/started".*"agentMessage"/;
const messageCompleted = /^\{"method":"item\/completed".*"agentMessage"/;
const sampled = /^\{"method":"rawResponse\/completed"/;
const usage = /^\{"method":"thread\/tokenUsage\/updated"/;
const retried = /^\{"method":"error".*"willRetry":true/;

/** Each pattern matches a later line than the one before. */
const seen: readonly Row[] = [
  ['a turn that is never ended', 'noturnend', [sampled, usage]],
  ['a turn that says nothing more', 'nosampling', [messageCompleted]],
  ['words before the answer to turn/start', 'answerlast', [delta, completed, /^\{"id":4,"result":\{"turn"/]],
  [
    'a retry that repeats its deltas',
    'retryrepeat n=1',
    [messageStarted, delta, retried, messageStarted, delta, completed],
  ],
  ['a retry behind a finished item', 'retryrepeat n=1 done', [messageCompleted, retried, messageStarted, completed]],
  ['totals behind the end of the turn', 'usagelate', [completed, sampled, usage]],
  ['an approval that is resolved after the end', 'approval', [/requestApproval/, completed, /serverRequest\/resolved/]],
  [
    'a compaction with a sampling of its own',
    'compaction',
    [/contextCompaction/, sampled, messageStarted, sampled, completed],
  ],
  [
    'warnings, account news, unknown methods and items',
    'noise',
    [/fromTheFuture/, /"warning","params":\{"threadId":null/, /account\/updated/, /"type":"other"/, completed],
  ],
];

const unseen: readonly Row[] = [
  [
    'turn/completed twice, and answers nobody asked for',
    'twicecompleted',
    [/^\{"id":4,/, /"id":987654321/, completed, completed],
  ],
  ['a delta behind the end', 'latedelta', [completed, /LATE/]],
  ['a delta for an unknown thread', 'crossthread kind=unknown', [/00000000dead.*STRAY/, completed]],
  ['a delta without a thread', 'crossthread kind=none', [/"params":\{"turnId".*STRAY/, completed]],
  ['a delta of an item that was never started', 'unannounced', [/msg_stray.*STRAY/, messageStarted, completed]],
  ['lines that are no JSON, empty, or no objects', 'garbage', [/^\{not json$/, /^$/, /^\[\]$/, /^42$/, completed]],
  ['a request with an id of ours', 'approval', [/^\{"method":"fake\/unknown","id":1,/]],
  ['a raw item twice', 'rawtwice', [/rawResponseItem.*msg_raw/, /rawResponseItem.*msg_raw/, completed]],
  ['the usage twice', 'usagetwice', [sampled, sampled, completed]],
  ['a text unlike its deltas', 'mismatch', [/"delta":"Hello"/, /"text":"Goodbye world"/, completed]],
  ['an error without an end', 'erroronly', [/^\{"method":"error".*"willRetry":false/]],
  ['a line that ends in CRLF', 'crlf', [/\r$/, completed]],
  ['half a line at the exit', 'exithalf', [/^\{"method":"item\/agentMessage\/delta"(?!.*\}$)/]],
  ['a heartbeat', 'noise', [/fake\/heartbeat/]],
  [
    'a word before the handshake',
    'hello',
    [/before the handshake/, /^\{"id":1,"result":\{"userAgent"/],
    { early: true },
  ],
];

describe.each([
  ['seen', seen],
  ['not seen', unseen],
] as const)('%s', (_, rows) => {
  test.for(rows)('%s', ([, scenario, shown, options = {}]) => {
    const client = createTestClient(options);
    if (options.early === true) client.clock.drain();
    client.initialize();
    client.play(`[[sc:${scenario}]]`);
    let from = 0;
    const missing = shown.filter((pattern) => {
      const at = client.lines.findIndex((line, index) => index >= from && pattern.test(line));
      if (at >= 0) from = at + 1;
      return at < 0;
    });
    expect(missing).toEqual([]);
  });
});

test('an erroneous turn has no end, and neither has one that is never ended', () => {
  for (const scenario of ['erroronly', 'noturnend', 'nosampling']) {
    const client = createTestClient();
    client.initialize();
    expect(client.play(`[[sc:${scenario}]]`).some((line) => line['method'] === 'turn/completed')).toBe(false);
  }
});

test('a login that is told as failed though its tokens were stored', () => {
  const client = createTestClient({ account: 'signedOut', loginMs: null });
  client.initialize();
  client.ask('account/login/start', { type: 'chatgptDeviceCode' });
  client.server.receive('{"method":"fake/login","params":{"success":false,"stored":true}}');
  client.clock.drain();
  const told = client.lines.find((line) => line.includes('account/login/completed'));
  expect(asObject(asObject(JSON.parse(told ?? '{}'))['params'])['success']).toBe(false);
  const account = asObject(asObject(client.ask('account/read', {})?.['result'])['account']);
  expect(asString(account['type'])).toBe('chatgpt');
});
