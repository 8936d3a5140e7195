import { describe, expect, test } from 'vitest';
import { House, nodeLimits } from '../testkit/house.ts';
import { accepted, closed, code, delta, ended, final, gone, opened, sampled, text } from '../testkit/words.ts';

describe('one response', () => {
  test('runs from the lease to the released slot', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    expect(worker.turns).toEqual([handle.id]);
    worker.say(
      handle.id,
      { type: 'turn.accepted' },
      opened,
      delta('Hel'),
      delta('lo'),
      closed('Hello'),
      final,
      sampled,
      ended,
    );
    expect(code(handle)).toBe('completed');
    expect(text(handle)).toBe('Hello');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
    expect(house.node.health().workers[0]?.activeTurns).toBe(1);
    worker.say(handle.id, gone);
    expect(house.node.health().workers[0]?.activeTurns).toBe(0);
    expect(house.bugs).toEqual([]);
  });

  test('readers hear once a chunk, and nothing after the outcome', () => {
    const house = new House().rise();
    const handle = house.open();
    const lengths: number[] = [];
    handle.read(() => lengths.push(handle.log.length));
    const worker = house.launcher.worker(0);
    worker.say(handle.id, opened, delta('a'), delta('b'));
    worker.say(handle.id, delta('c'), ended, delta('late'));
    worker.say(handle.id, delta('later'), gone);
    expect(text(handle)).toBe('abc');
    // created, in_progress, item, part, two deltas; one more delta; three closing entries and the end.
    expect(lengths.at(-1)).toBe(11);
    expect(lengths.filter((length) => length < 11)).toEqual([6]);
  });

  test('a failure before any output is told in one piece', () => {
    const house = new House().rise();
    const handle = house.open();
    const ends: boolean[] = [];
    handle.read(() => ends.push(handle.log.ending !== null));
    house.launcher.worker(0).say(handle.id, accepted);
    house.launcher.worker(0).exit();
    expect(ends).toEqual([true]);
  });

  test('calls of a second sampling end the answer at once, also in the chunk in which the first one ended', () => {
    const house = new House().rise();
    const handle = house.open();
    const call = {
      type: 'call.requested',
      item: 'c',
      kind: 'function_call',
      callId: 'k',
      name: 'f',
      arguments: '{}',
    } as const;
    house.launcher.worker(0).say(handle.id, { type: 'turn.accepted' }, sampled, call, sampled);
    expect(code(handle)).toBe('completed');
  });

  test('a retry after the output of a second sampling ends the answer, whatever came in one chunk', () => {
    const events = [
      { type: 'turn.accepted' },
      delta('a'),
      closed('a'),
      sampled,
      delta('b', 'm2'),
      closed('b', 'm2'),
    ] as const;
    const repeated = [{ type: 'upstream.retried' }, delta('b', 'm3'), closed('b', 'm3'), ended] as const;
    for (const chunks of [[[...events, ...repeated]], [events, repeated]]) {
      const house = new House().rise();
      const handle = house.open();
      for (const chunk of chunks) house.launcher.worker(0).say(handle.id, ...chunk);
      expect([code(handle), text(handle)]).toEqual(['stream_disconnected', 'a|b']);
    }
  });

  test('an answer without text is one empty message', () => {
    const house = new House().rise();
    const handle = house.open();
    house.launcher.worker(0).say(handle.id, { type: 'turn.accepted' }, ended);
    expect(handle.log.items.map(({ kind, status }) => [kind, status])).toEqual([['message', 'completed']]);
  });

  test('a missing end of the turn is made up for by the end of the sampling', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    worker.say(handle.id, opened, delta('all'), closed('all'), final, sampled);
    house.clock.advance(4_999);
    expect(handle.log.ending).toBeNull();
    house.clock.advance(2);
    expect(code(handle)).toBe('completed');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
  });

  test('calls end the response at the end of the sampling', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    const call = { type: 'call.requested', kind: 'function_call', name: 'f', arguments: '{}' } as const;
    worker.say(
      handle.id,
      { ...call, item: 'c1', callId: 'call_1' },
      { ...call, item: 'c2', callId: 'call_2' },
      sampled,
    );
    expect(code(handle)).toBe('completed');
    expect(handle.log.items.map((item) => item.callId)).toEqual(['call_1', 'call_2']);
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
  });

  test('a repeated sampling after output fails, before output it is nothing', () => {
    const house = new House({ workers: 1 }).rise();
    const [late, early] = [house.open(), house.open()];
    const worker = house.launcher.worker(0);
    worker.say(late.id, opened, delta('x'), { type: 'upstream.retried' }, delta('x', 'm2'));
    expect([code(late), text(late)]).toEqual(['stream_disconnected', 'x']);
    worker.say(early.id, opened, { type: 'upstream.retried' });
    worker.say(early.id, { type: 'item.opened', item: 'm2', kind: 'message' }, delta('x', 'm2'), ended);
    expect([code(early), text(early)]).toEqual(['completed', 'x']);
  });

  test('the last reader leaving stops the turn; a stuck one gives its slot back, and its worker goes when it is worn', () => {
    const house = new House().rise();
    const handle = house.open();
    const worker = house.launcher.worker(0);
    const leave = handle.read(() => undefined);
    worker.say(handle.id, opened, delta('x'));
    leave();
    leave();
    expect(code(handle)).toBe('cancelled');
    expect(worker.sent.at(-1)).toEqual({ type: 'turn.stop', response: handle.id });
    house.clock.advance(2_000);
    expect(house.node.health().workers[0]).toMatchObject({ activeTurns: 0, state: 'ready' });
    worker.facts.next({ type: 'wear.observed', reason: 'a thread was not closed' });
    expect(worker.has('ask')).toBe(true);
  });

  test('a conversation that is too long is told by the name of its field', () => {
    const house = new House().rise();
    const handle = house.open({ inputName: 'messages' });
    const failure = { code: 'context_length_exceeded' } as const;
    house.launcher.worker(0).say(handle.id, { type: 'turn.ended', outcome: { type: 'failed', failure } });
    expect(handle.log.ending?.outcome).toMatchObject({ failure: { param: 'messages' } });
  });
});

describe('deadlines', () => {
  test.each([
    ['no output at all', 60_000, 'idle_timeout'],
    ['silence in mid-answer', 60_000, 'idle_timeout'],
  ])('%s ends as %s', (name, ms, expected) => {
    const house = new House().rise();
    const handle = house.open();
    if (name === 'silence in mid-answer') house.launcher.worker(0).say(handle.id, opened, delta('x'));
    house.clock.advance(ms - 1);
    expect(handle.log.ending).toBeNull();
    house.clock.advance(1);
    expect(code(handle)).toBe(expected);
  });

  test('output keeps a response alive until the overall limit', () => {
    const house = new House().rise();
    const handle = house.open();
    for (let ms = 0; ms < 300_000; ms += 10_000) {
      expect(handle.log.ending).toBeNull();
      house.launcher.worker(0).say(handle.id, opened, delta('x'));
      house.clock.advance(10_000);
    }
    expect(code(handle)).toBe('request_timeout');
  });

  test('a model that thinks for long is not idle while the worker says so', () => {
    const house = new House().rise();
    const handle = house.open();
    for (const ms of [50_000, 50_000, 50_000]) {
      house.launcher
        .worker(0)
        .say(handle.id, { type: 'item.opened', item: `r${house.clock.now()}`, kind: 'reasoning' });
      house.clock.advance(ms);
    }
    // Nothing was delivered, so a repeated sampling repeats nothing.
    house.launcher.worker(0).say(handle.id, { type: 'upstream.retried' });
    expect(handle.log.ending).toBeNull();
    house.clock.advance(20_000);
    expect(code(handle)).toBe('idle_timeout');
  });

  test('the head is committed a while after the lease though nothing was said', () => {
    const house = new House().rise();
    const handle = house.open();
    house.clock.advance(999);
    expect(handle.log.length).toBe(0);
    house.clock.advance(1);
    expect(handle.log.length).toBe(2);
  });
});

describe('a programmer’s error', () => {
  test('about one response ends that response, gives its slot back, and reaches its readers', () => {
    const house = new House().rise();
    const [broken, sound] = [house.open(), house.open()];
    const worker = house.launcher.worker(0);
    const told: number[] = [];
    broken.read(() => told.push(broken.log.length));
    broken.log.append = () => {
      throw new Error('broken');
    };
    worker.say(broken.id, opened, delta('x'));
    worker.say(sound.id, opened, delta('y'), ended);
    expect([code(broken), code(sound)]).toEqual(['internal_error', 'completed']);
    expect(told.at(-1)).toBe(broken.log.length);
    expect(worker.sent).toContainEqual({ type: 'turn.stop', response: broken.id });
    expect(house.node.health().workers[0]?.activeTurns).toBe(1);
  });

  test('an event that no state expects ends the response, and its turn is stopped', () => {
    const house = new House().rise();
    const handle = house.open();
    house.launcher.worker(0).say(handle.id, gone);
    expect(code(handle)).toBe('internal_error');
    expect(house.launcher.worker(0).has('turn.stop')).toBe(true);
    expect(house.node.health().workers[0]?.activeTurns).toBe(0);
  });

  test('that ends the node fails every open response, also behind one that cannot be failed, and admits no other', () => {
    const house = new House().rise();
    const [stuck, opening, queued] = [house.open(), house.open(), house.open()];
    stuck.log.end = () => {
      throw new Error('stuck');
    };
    house.node.abort();
    expect([opening, queued, house.open()].map(code)).toEqual(['internal_error', 'internal_error', 'internal_error']);
    expect(house.node.health().ready).toBe(false);
  });
});

test('a response has a name before anything else is told of it, also when it is refused at once', () => {
  const told: string[] = [];
  const diagnostics = { watched: () => true, publish: (name: string) => void told.push(name) };
  const house = new House({ pool: { ...nodeLimits.pool, queueMax: 0 } }, undefined, { diagnostics });
  house.open({}, () => told.push('named'));
  expect(told.filter((name) => name !== 'event.logged')).toEqual(['named', 'response.ended']);
  told.length = 0;
  house.rise().open({}, () => told.push('named'));
  expect(told.filter((name) => name !== 'event.logged')).toEqual(['named', 'lease.granted']);
});
