/**
 * The protocol as the binary itself prints it, and every line of a run held against it: ours as requests and notifications
 * of a client, its own by method, its answers by the method that was asked. Invariant: a line of a kind that has no schema
 * is a finding, too.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { resolveBinary } from '../../transport/binary.ts';
import { type Entry, type Members, membersOf, parsed, textOf } from './entry.ts';
import { mismatches } from './json-schema.ts';

/** Which answer belongs to which request; the schema says so by its file names only. */
const answers: Readonly<Record<string, string>> = {
  initialize: 'v1/InitializeResponse',
  'account/read': 'v2/GetAccountResponse',
  'account/login/start': 'v2/LoginAccountResponse',
  'account/rateLimits/read': 'v2/GetAccountRateLimitsResponse',
  'model/list': 'v2/ModelListResponse',
  'server/diagnostics': 'v2/ServerDiagnosticsResponse',
  'thread/start': 'v2/ThreadStartResponse',
  'thread/inject_items': 'v2/ThreadInjectItemsResponse',
  'thread/unsubscribe': 'v2/ThreadUnsubscribeResponse',
  'turn/start': 'v2/TurnStartResponse',
  'turn/interrupt': 'v2/TurnInterruptResponse',
};
/** Printed by themselves, but not among the notifications. */
const apart: Readonly<Record<string, string>> = {
  'rawResponse/completed': 'v2/RawResponseCompletedNotification',
  'rawResponseItem/completed': 'v2/RawResponseItemCompletedNotification',
};
const others = ['ClientRequest', 'ClientNotification', 'ServerNotification', 'ServerRequest', 'JSONRPCMessage'];

type Schemas = ReadonlyMap<string, Members>;

export const printedSchemas = async (): Promise<Schemas> => {
  const folder = await mkdtemp(join(tmpdir(), 'codex-schema-'));
  try {
    const binary = resolveBinary({ binary: null, cwd: folder, environment: {} });
    if (!binary.found) throw new Error(binary.reason);
    const given = ['app-server', 'generate-json-schema', '--experimental', '--out', join(folder, 'out')];
    await promisify(execFile)(binary.command, given, { env: { PATH: process.env['PATH'], CODEX_HOME: folder } });
    const names = [...others, ...Object.values(answers), ...Object.values(apart)];
    const texts = await Promise.all(names.map(async (name) => readFile(join(folder, 'out', `${name}.json`), 'utf8')));
    return new Map(names.map((name, index) => [name, membersOf(parsed(texts[index] ?? ''))]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const kindOf = (channel: Entry[0], { method, id }: Members, asked: string | undefined): string => {
  if (typeof method === 'string') {
    const sort = id === undefined ? 'Notification' : 'Request';
    return channel === 'in' ? `Client${sort}` : `Server${sort}`;
  }
  // Our answers are those to requests that we refuse.
  return channel === 'in' ? 'JSONRPCMessage' : (answers[asked ?? ''] ?? `answer to ${asked}`);
};

/** The part of a line that its schema is about. */
const valueOf = (kind: string, message: Members): unknown => {
  if (kind.endsWith('Response')) return message['result'];
  return kind.endsWith('Notification') && kind.startsWith('v2/') ? message['params'] : message;
};

/** What is wrong with the lines of a run by their schemas. */
export const outOfSchema = (schemas: Schemas, entries: readonly Entry[]): readonly string[] => {
  const asked = new Map<unknown, string>();
  return entries.flatMap(([channel, line]) => {
    if (channel === 'told') return [];
    const message = membersOf(parsed(line));
    const { id, method, error } = message;
    if (channel === 'in' && typeof method === 'string' && id !== undefined) asked.set(id, method);
    const part = apart[textOf(method)];
    const kind = error === undefined ? (part ?? kindOf(channel, message, asked.get(id))) : 'JSONRPCMessage';
    const schema = schemas.get(kind);
    const value = valueOf(kind, message);
    const found = schema === undefined ? ['no schema'] : mismatches(schema, value, schema);
    return found.map((what) => `${channel} ${textOf(method) || kind}${what.startsWith('.') ? '' : ' '}${what}`);
  });
};
