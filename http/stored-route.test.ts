/** On a node of its own, so that running responses are told from finished ones by the runtime itself. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ResponseHandle, ResponseRequest } from '../actors/service.ts';
import type { ResponseId } from '../machines/ids.ts';
import { House } from '../testkit/house.ts';
import { code, delta, ended, gone, opened, sampled } from '../testkit/words.ts';
import { MemoryStore } from '../transport/memory-store.ts';
import { unknownAddress } from './ip-address.ts';
import { RequestError } from './request-error.ts';
import { storedAnswer } from './stored-route.ts';

const limits = { responsesMax: 2, bytesMax: 1_000_000, ttlMs: 60_000 };
const asked = { input: [{ role: 'user', content: 'hi' }], previous: null };
let house: House;

beforeEach(() => {
  house = new House({ workers: 2 }, (clock) => new MemoryStore(limits, clock)).rise();
});
afterEach(() => expect(house.bugs).toEqual([]));

const begin = (request: Partial<ResponseRequest> = {}): ResponseHandle => {
  const handle = house.open({ owner: 'ann', asked, ...request });
  handle.read(() => {});
  return handle;
};
const worker = ({ id }: ResponseHandle) => {
  const channel = house.launcher.channels.find(({ turns }) => turns.includes(id));
  if (channel === undefined) throw new Error(`no worker has ${id}`);
  return channel;
};
const thought = [
  { type: 'item.opened', item: 'r', kind: 'reasoning' },
  { type: 'item.final', item: 'r', kind: 'reasoning', annotations: [], encrypted: 'gAAA' },
] as const;
const speak = (handle: ResponseHandle): void =>
  worker(handle).say(handle.id, { type: 'turn.accepted' }, ...thought, opened, delta('Hello'));
const finish = (handle: ResponseHandle): void => worker(handle).say(handle.id, sampled, ended, gone);
const finished = (request: Partial<ResponseRequest> = {}): ResponseHandle => {
  const handle = begin(request);
  speak(handle);
  finish(handle);
  return handle;
};

const answer = (id: string, { method = 'GET', query = '', owner = 'ann' } = {}): unknown => {
  const head = {
    method,
    path: '',
    query,
    peerIsLoopback: true,
    client: unknownAddress,
    lengthsDiffer: false,
    headers: new Map(),
    header: () => '',
  };
  try {
    const told = storedAnswer(head, id, house.node.archive(owner));
    if (told instanceof Promise) throw new Error('there is no other node');
    const { status, body } = told;
    return [status, JSON.parse(body)];
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.message, error.param] : error;
  }
};
const missing = (id: string) => ['not_found', `Response with id '${id}' not found.`, null];
const deleted = (id: string) => [200, { id, object: 'response', deleted: true }];

test('P-123 a response has the id that its client wants, unless somebody has had it before', () => {
  const wantedId = 'resp_abc' as ResponseId;
  const first = finished({ wantedId });
  expect([first.id, answer('resp_abc')]).toMatchObject(['resp_abc', [200, { id: 'resp_abc', status: 'completed' }]]);
  const others = [finished({ wantedId }), begin({ wantedId, owner: 'bob' }), begin({ wantedId, asked: null })];
  const ids = others.map(({ id }) => id);
  expect(ids).not.toContain('resp_abc');
  expect(new Set(ids).size).toBe(3);
  // Nor one that was never chosen.
  for (const { id } of others) expect(begin({ wantedId: id }).id).not.toBe(id);
  // Nor one that is gone.
  answer('resp_abc', { method: 'DELETE' });
  expect(begin({ wantedId }).id).not.toBe('resp_abc');
});

test('a response is there from its beginning to its deletion, for its owner alone', () => {
  const handle = begin();
  const { id } = handle;
  expect(answer(id)).toMatchObject([200, { id, status: 'in_progress', output: [], usage: null }]);
  speak(handle);
  expect(answer(id)).toMatchObject([200, { id, status: 'in_progress', output: [{ type: 'reasoning' }] }]);
  finish(handle);
  expect(answer(id)).toMatchObject([200, { id, status: 'completed', output: [{}, { type: 'message' }] }]);
  for (const method of ['GET', 'DELETE']) expect(answer(id, { method, owner: 'bob' })).toEqual(missing(id));
  expect(answer(id, { method: 'DELETE' })).toEqual(deleted(id));
  for (const method of ['GET', 'DELETE']) expect(answer(id, { method })).toEqual(missing(id));
});

test('encrypted content is shown to those who ask for it, whatever the creator asked for', () => {
  for (const revealEncrypted of [false, true]) {
    const { id } = finished({ revealEncrypted });
    const shows = (query: string): boolean => JSON.stringify(answer(id, { query })).includes('gAAA');
    expect(shows('')).toBe(false);
    expect(shows('include[]=reasoning.encrypted_content')).toBe(true);
    expect(shows('include%5B%5D=reasoning.encrypted_content&include[]=web_search_call.results')).toBe(true);
    expect(shows('include=web_search_call.results&include=reasoning.encrypted_content')).toBe(true);
  }
});

test('what was asked with store: false, or failed before it began, is nowhere', () => {
  for (const handle of [begin({ asked: null }), finished({ asked: null })]) {
    expect(answer(handle.id)).toEqual(missing(handle.id));
    expect(answer(handle.id, { method: 'DELETE' })).toEqual(missing(handle.id));
  }
  const failed = begin();
  const outcome = { type: 'failed', failure: { code: 'upstream_error' } } as const;
  worker(failed).say(failed.id, { type: 'turn.ended', outcome }, gone);
  expect(code(failed)).toBe('upstream_error');
  expect(answer(failed.id)).toEqual(missing(failed.id));
});

test('what failed or was cancelled after it had begun says so', () => {
  const broken = begin();
  speak(broken);
  worker(broken).exit();
  expect(answer(broken.id)).toMatchObject([200, { status: 'failed', error: { code: 'worker_exited' } }]);
  const left = house.open({ owner: 'ann', asked });
  const leave = left.read(() => {});
  speak(left);
  leave();
  expect(answer(left.id)).toMatchObject([200, { status: 'cancelled' }]);
});

test('a response that runs is cancelled by its deletion, and leaves nothing', () => {
  for (const begun of [false, true]) {
    const handle = begin();
    if (begun) speak(handle);
    expect(answer(handle.id, { method: 'DELETE' })).toEqual(deleted(handle.id));
    expect(answer(handle.id)).toEqual(missing(handle.id));
    expect(handle.log.ending?.outcome.type).toBe('cancelled');
    worker(handle).say(handle.id, gone);
    expect(answer(handle.id)).toEqual(missing(handle.id));
  }
});

test('the oldest go first, and all of them in time', () => {
  const ids = [finished(), finished(), finished()].map(({ id }) => id);
  const statuses = () => ids.map((id) => (answer(id) as readonly unknown[])[0]);
  expect(statuses()).toEqual(['not_found', 200, 200]);
  house.clock.advance(limits.ttlMs);
  expect(statuses()).toEqual(['not_found', 'not_found', 'not_found']);
});

test('an id that cannot be ours is not found', () => {
  for (const id of ['', 'a/b', 'ä', 'x'.repeat(129), 'resp 1'])
    expect(answer(id)).toMatchObject(['not_found', {}, null]);
});

test('streams are not replayed here, and a query that is not understood is refused', () => {
  const { id } = finished();
  expect(answer(id, { query: 'stream=true' })).toMatchObject(['unsupported_parameter', {}, 'stream']);
  expect(answer(id, { query: 'include[]=nonsense' })).toMatchObject(['unsupported_value', {}, 'include[0]']);
  expect(answer(id, { query: 'stream=false&starting_after=3' })).toMatchObject([200, { id }]);
});
