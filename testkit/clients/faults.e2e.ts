/**
 * The fault table: in whatever way an answer breaks, every reader of every client is told so. Invariant: nobody takes a
 * piece of an answer for the whole.
 */

import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../gateway.ts';
import { untilLoad, untilRestarted } from '../gateway-health.ts';
import { marker } from '../provider/scenario.ts';
import { codexClient } from './codex-exec.ts';
import { messageOf, type Reader, readersOf, type Told } from './readers.ts';

type Outcome = { readonly told: Told } | { readonly error: unknown; readonly begun: boolean };

const outcomeOf = async (reader: Reader, question: string, onText: () => void): Promise<Outcome> => {
  let begun = false;
  const heard = (): void => {
    if (begun) return;
    begun = true;
    onText();
  };
  return reader(question, heard).then(
    (told) => ({ told }),
    (error: unknown) => ({ error, begun }),
  );
};

interface Telling {
  readonly all: Promise<Readonly<Record<string, Outcome>>>;
  /** Every reader has had the first piece of its text; rejects naming the one that ended without, or those that still wait. */
  begun(): Promise<void>;
}

const beginMs = 30_000;

/** All readers ask the same at once. */
function tell(gateway: Gateway, question: string): Telling {
  const silent = new Set<string>();
  const runs = Object.entries(readersOf(gateway)).map(([name, reader]) => {
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    silent.add(name);
    const onText = (): void => {
      silent.delete(name);
      resolve();
    };
    return { name, heard, outcome: outcomeOf(reader, question, onText) };
  });
  const all = Promise.all(runs.map(async ({ name, outcome }) => [name, await outcome] as const));
  return {
    all: all.then((list) => Object.fromEntries(list)),
    async begun() {
      const ends = runs.map(async ({ name, outcome }) => {
        const end = await outcome;
        if (silent.has(name)) throw new Error(`${name} ended before its text: ${inspect(end, { depth: 1 })}`);
      });
      const late = sleep(beginMs, undefined, { ref: false }).then(() => {
        throw new Error(`no text within ${beginMs} ms: ${[...silent].join(', ')}`);
      });
      await Promise.race([Promise.all(runs.map(({ heard }) => heard)), Promise.all(ends), late]);
    },
  };
}

/** What clients put under the names that they gave to the status and the code. */
const statusOf = (error: unknown): unknown => {
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return status ?? statusCode;
};

const gateways: Gateway[] = [];
const started = async (...args: Parameters<typeof startGateway>): Promise<Gateway> => {
  const gateway = await startGateway(...args);
  gateways.push(gateway);
  return gateway;
};
/** No answer begins before its first event, so that what fails before it always has its status. */
const crowd = { PROXY_WORKER_COUNT: '1', WORKER_MAX_CONCURRENCY: '16', PROXY_SSE_HEAD_DELAY_MS: '20000' };

describe('with a gateway that goes on', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway(crowd);
    return () => gateway.stop();
  });
  beforeEach(async () => {
    await untilLoad(gateway, { activeTurns: 0, queued: 0 });
    gateway.provider.reset();
  });

  test('nothing breaks: the text, and the finish of each client', async () => {
    const told = await tell(gateway, marker('text')).all;
    const finish = (name: string): string =>
      name.includes('responses') && name !== 'ai responses' ? 'completed' : 'stop';
    expect(told).toEqual(
      Object.fromEntries(
        Object.keys(told).map((name) => [name, { told: { text: 'Hello, world.', finish: finish(name) } }]),
      ),
    );
  });

  test.each<[string, string, number, RegExp]>([
    ['a limit of the provider', marker('status', { kind: 'rate' }), 429, /429 Too Many Requests/],
    ['an exhausted quota', marker('status', { kind: 'quota' }), 429, /quota/i],
    ['a refused key', marker('status', { kind: 'auth' }), 401, /provider refused the key/],
    ['an error of the provider', marker('status', { code: 500 }), 502, /high demand/],
    ['an input that is too long', marker('status', { kind: 'context' }), 400, /context window/],
    ['a failure instead of an answer', marker('failed'), 502, /the model failed/],
    ['an error event instead of an answer', marker('errorevent'), 502, /closed before response.completed/],
    ['a cut before the first byte', marker('cut', { n: 0 }), 502, /stream disconnected/],
    ['a connection that is closed at once', marker('closeearly'), 502, /stream disconnected/],
  ])('before the first byte, %s has its status and its words', async (_name, question, status, words) => {
    for (const [name, outcome] of Object.entries(await tell(gateway, question).all)) {
      if (!('error' in outcome)) throw new Error(`${name} took it for an answer: ${JSON.stringify(outcome.told)}`);
      expect([name, statusOf(outcome.error)]).toEqual([name, status]);
      expect([name, messageOf(outcome.error)]).toEqual([name, expect.stringMatching(words)]);
    }
  });

  const gate = { n: 3, barrier: 'gate', at: 1 };
  const release = (): void => gateway.provider.release('gate');
  const killWorker = (): void => {
    for (const { pid } of gateway.workers()) process.kill(pid, 'SIGKILL');
  };

  test.each<[string, string, () => void, RegExp]>([
    ['the provider closes the connection', marker('cut', gate), release, /stream disconnected/],
    ['the provider resets the connection', marker('cut', { ...gate, how: 'rst' }), release, /stream disconnected/],
    ['the provider fails', marker('failed', gate), release, /the model failed/],
    ['the provider sends an error', marker('errorevent', gate), release, /closed before response.completed/],
    ['the provider ends without an end', marker('noterminal', gate), release, /closed before response.completed/],
    ['the worker dies', marker('text', gate), killWorker, /worker/],
  ])('in the middle of the text, %s: an error with its words', async (_name, question, deed, words) => {
    const { all, begun } = tell(gateway, question);
    // What is held goes on even when a reader has failed: it is not left to the next test.
    await begun().finally(deed);
    for (const [name, outcome] of Object.entries(await all)) {
      if (!('error' in outcome)) throw new Error(`${name} took it for an answer: ${JSON.stringify(outcome.told)}`);
      expect([name, outcome.begun]).toEqual([name, true]);
      expect([name, messageOf(outcome.error)]).toEqual([name, expect.stringMatching(words)]);
    }
    if (deed === killWorker) await untilRestarted(gateway);
  });

  test.each([
    ['max_output_tokens', 'length', 'length'],
    ['content_filter', 'content-filter', 'content_filter'],
  ])('an answer that ends for %s says so, or is an error', async (reason, ai, chat) => {
    const told = await tell(gateway, marker('incomplete', { reason, n: 2 })).all;
    const as = (finish: string) => ({ told: { text: 'Hello, ', finish } });
    expect(told).toEqual({
      'openai responses': as(reason),
      'openai responses.stream()': as(reason),
      'openai chat': as(chat),
      'openai chat.stream()': as(chat),
      'ai responses': as(ai),
      'ai chat': as(ai),
      'ai compatible': as(ai),
      'agents responses': { error: expect.objectContaining({ name: 'ModelBehaviorError' }), begun: true },
      'agents chat': as(chat),
      'langchain responses': as(reason),
      'langchain chat': as(chat),
    });
  });

  test.each([
    ['cut off', marker('cut', { n: 2 }), 'stream disconnected'],
    ['refused with 429', marker('status', { kind: 'rate' }), '429'],
    ['too long', marker('status', { kind: 'context' }), 'context window'],
    ['ended by the length', marker('incomplete', { n: 2 }), 'max_output_tokens'],
  ])('codex exec fails with the words of an answer that is %s', async (_name, question, words) => {
    const { code, events } = await codexClient(gateway).run(question);
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ type: 'turn.failed', error: { message: expect.stringContaining(words) } });
  });
});

describe('with a gateway that ends', () => {
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.kill()));
  });
  const held = marker('text', { n: 3, barrier: 'gate', at: 1 });

  test('killed: no reader takes its piece for the whole', async () => {
    const gateway = await started(crowd);
    const { all, begun } = tell(gateway, held);
    await begun();
    gateway.signal('SIGKILL');
    for (const [name, outcome] of Object.entries(await all)) {
      expect([name, outcome]).toEqual([name, { error: expect.anything(), begun: true }]);
    }
  });

  test('stopped without patience: every reader is told why', async () => {
    const gateway = await started({ ...crowd, PROXY_DRAIN_MS: '0' });
    const { all, begun } = tell(gateway, held);
    await begun();
    gateway.signal('SIGTERM');
    for (const [name, outcome] of Object.entries(await all)) {
      if (!('error' in outcome)) throw new Error(`${name} took it for an answer: ${JSON.stringify(outcome.told)}`);
      expect([name, messageOf(outcome.error)]).toEqual([name, expect.stringMatching(/shutting down/)]);
    }
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  test('a provider that goes silent, before the text and in it, is an error within the time for silence', async () => {
    const gateway = await started({ ...crowd, PROXY_STREAM_IDLE_TIMEOUT_MS: '2000' });
    for (const [question, middle] of [
      [marker('hang'), false],
      [marker('hangmid', { n: 2 }), true],
    ] as const) {
      for (const [name, outcome] of Object.entries(await tell(gateway, question).all)) {
        if (!('error' in outcome)) throw new Error(`${name} took it for an answer: ${JSON.stringify(outcome.told)}`);
        expect([name, outcome.begun]).toEqual([name, middle]);
        expect([name, messageOf(outcome.error)]).toEqual([name, expect.stringMatching(/idle timeout/)]);
      }
    }
  });
});
