/**
 * What the death of a real worker costs, step by step: nothing before it has accepted the turn, an honest 503 afterwards. The
 * provider counts what was sampled: once when the turn had not been started, twice at most when it had been.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, type Dialect, post, refused, stream, streamed, whole } from '../testkit/answers.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { untilLoad, untilReady } from '../testkit/gateway-health.ts';
import { processOf, seize } from '../testkit/process-table.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { type Fault, Relay } from '../testkit/relay/relay.ts';

const patient = {
  WORKER_BACKOFF_INITIAL_MS: '20',
  WORKER_BACKOFF_MAX_MS: '100',
  WORKER_RESTART_MAX: '1000',
  // The head of a stream waits for its first output, however slow the machine is.
  PROXY_SSE_HEAD_DELAY_MS: '60000',
};
const prompt = marker('text', { text: 'one two three' });

const dies = (at: Fault['at'], method: string): Fault => ({ at, method });
const beforeTheTurn: readonly Fault[] = [
  dies('asked', 'thread/start'),
  dies('answered', 'thread/start'),
  dies('passed', 'thread/start'),
  dies('asked', 'thread/inject_items'),
  dies('asked', 'turn/start'),
];
/** The turn was sent together with its conversation. */
const withTheTurn: readonly Fault[] = [
  dies('answered', 'thread/inject_items'),
  dies('passed', 'thread/inject_items'),
  dies('answered', 'turn/start'),
];
/** As often as the gateway asks one worker (and once before, when it sends the turn along); then it asks another one. */
const refuses = (method: string): Fault => ({ method, at: 'refused', times: method === 'thread/inject_items' ? 7 : 6 });
const refusals = ['thread/start', 'thread/inject_items', 'turn/start'].map(refuses);

const inWords = (faults: readonly Fault[]) => faults.map((fault) => [`${fault.method} ${fault.at}`, fault] as const);

describe('with a second worker', () => {
  const relay = new Relay();
  let gateway: Gateway;
  beforeAll(async () => {
    const env = { ...relay.environment, ...patient, PROXY_WORKER_COUNT: '2' };
    gateway = await startGateway(env, { workersReady: 2 });
  });
  afterAll(async () => {
    await gateway.stop();
    relay.remove();
  });
  beforeEach(() => gateway.provider.reset());
  afterEach(async () => {
    expect(relay.left).toBe(0);
    await untilReady(gateway);
    await untilLoad(gateway, { activeTurns: 0, queued: 0 });
  });

  const dialects: readonly Dialect[] = ['responses', 'chat'];

  describe.each(dialects)('%s', (dialect) => {
    test.each(inWords([...beforeTheTurn, ...refusals]))('%s costs a stream nothing', async (_, fault) => {
      relay.leave(fault);
      const told = streamed(dialect, await stream(gateway, dialect, prompt).done);
      expect(told).toMatchObject({ text: 'one two three', code: null });
      expect(gateway.provider.samplings).toHaveLength(1);
    });

    test.each(inWords(withTheTurn))(
      '%s: a turn that was started and not accepted costs a whole answer nothing, and the provider two samplings at most',
      async (_, fault) => {
        relay.leave(fault);
        const told = whole(dialect, await post(gateway, dialect, bodyOf(dialect, prompt)).done);
        expect(told).toMatchObject({ text: 'one two three', code: null });
        expect(gateway.provider.samplings.length).toBeGreaterThanOrEqual(1);
        expect(gateway.provider.samplings.length).toBeLessThanOrEqual(2);
      },
    );

    test('a worker that dies when it has accepted the turn is a 503 that says to come back', async () => {
      relay.leave(dies('passed', 'turn/start'));
      const answer = await stream(gateway, dialect, marker('text', { text: 'never', barrier: 'held', at: 0 })).done;
      expect(refused(answer)).toMatchObject({ status: 503, code: 'worker_exited' });
      expect(answer.headers['x-should-retry']).toBe('true');
      expect(gateway.provider.samplings.length).toBeLessThanOrEqual(1);
    });

    test('a worker that dies in the middle of an answer ends it', async () => {
      relay.leave({ ...dies('passed', 'turn/start'), heard: 'item/agentMessage/delta' });
      const told = streamed(dialect, await stream(gateway, dialect, prompt).done);
      expect(told.code).toBe('worker_exited');
      expect(gateway.provider.samplings).toHaveLength(1);
    });

    test('a second worker without room is told', async () => {
      for (const fault of [refuses('thread/start'), refuses('turn/start')]) relay.leave(fault);
      // Whole: two workers that were asked six times each take longer than a stream keeps its head back elsewhere.
      const answer = await post(gateway, dialect, bodyOf(dialect, prompt)).done;
      expect(refused(answer)).toMatchObject({ status: 429, code: 'worker_busy' });
      expect(gateway.provider.samplings).toHaveLength(0);
    });

    test('a second worker that dies, too, is told', async () => {
      for (const fault of [dies('asked', 'turn/start'), dies('asked', 'thread/start')]) relay.leave(fault);
      const answer = await post(gateway, dialect, bodyOf(dialect, prompt)).done;
      expect(refused(answer)).toMatchObject({ status: 503, code: 'worker_exited' });
      expect(answer.headers['x-should-retry']).toBe('true');
      expect(gateway.provider.samplings).toHaveLength(0);
    });
  });

  test('the provider may have been at work already: then it is asked a second time, and never a third', async () => {
    const kill = (): void => {
      const worker = processOf(relay.taker);
      if (worker === undefined) throw new Error('it is gone already');
      seize(worker);
    };
    relay.leave(dies('silent', 'turn/start'));
    const asked = stream(gateway, 'responses', prompt);
    await gateway.provider.until(({ samplings }) => samplings.length === 1);
    kill();
    relay.leave(dies('silent', 'turn/start'));
    await gateway.provider.until(({ samplings }) => samplings.length === 2);
    kill();
    expect(refused(await asked.done)).toMatchObject({ status: 503, code: 'worker_exited' });
    expect(gateway.provider.samplings).toHaveLength(2);
  });
});

describe('alone', () => {
  const relay = new Relay();
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ ...relay.environment, ...patient, PROXY_WORKER_COUNT: '1' });
  });
  afterAll(async () => {
    await gateway.stop();
    relay.remove();
  });

  test('a worker that dies before it has accepted the turn is waited for', async () => {
    relay.leave(dies('asked', 'turn/start'));
    const told = streamed('responses', await stream(gateway, 'responses', prompt).done);
    expect(told).toMatchObject({ text: 'one two three', code: null });
    expect(gateway.provider.samplings).toHaveLength(1);
  });

  test('a worker without room has said so to the end: it is not asked again', async () => {
    gateway.provider.reset();
    relay.leave(refuses('thread/inject_items'));
    const answer = await post(gateway, 'chat', bodyOf('chat', prompt)).done;
    expect(refused(answer)).toMatchObject({ status: 429, code: 'worker_busy' });
    expect(gateway.provider.samplings).toHaveLength(0);
  });
});
