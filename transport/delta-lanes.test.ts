/** Deltas that are taken from their bytes, against the same lines in a shape that has to be parsed: whoever listens hears the same. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { r1, r2, ScriptedWorker } from '../testkit/scripted-worker.ts';

const names = fc.record({
  threadId: fc.constantFrom('T1', 'T1', 'T2', 'T9', 'é'),
  turnId: fc.constantFrom('U1', 'U1', 'U1', 'U2', 'U0'),
  itemId: fc.constantFrom('m', 'm', 'n'),
});
const text = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('', 'a', '"\n', '漢', '\u001b[1m', '👩‍👧'));
const delta = fc
  .tuple(names, text)
  .map(([ids, said]) => ({ method: 'item/agentMessage/delta', params: { ...ids, delta: said } }));
const other = fc.oneof(
  names.map(({ threadId, turnId, itemId }) => ({
    method: 'item/completed',
    params: { item: { type: 'agentMessage', id: itemId, text: 'a' }, threadId, turnId },
  })),
  names.map(({ threadId, turnId }) => ({
    method: 'turn/completed',
    params: { threadId, turn: { id: turnId, status: 'completed' } },
  })),
  names.map(({ threadId }) => ({ method: 'thread/closed', params: { threadId } })),
  names.map(({ threadId, turnId }) => ({
    method: 'rawResponseItem/completed',
    params: { threadId, turnId: `auto-compact-${turnId}`, item: {} },
  })),
);
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: delta },
    { weight: 2, arbitrary: other },
    fc.constantFrom('stop' as const, 'cut' as const, 'junk' as const),
  ),
  { maxLength: 40 },
);

/** Names of threads: short, and as long as those of the CLI, of which the end tells one from another, or does not. */
const spellings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `0199-4e5f-7a6b-8c7d-${name.padStart(16, '0')}`,
  (name) => `${name.padEnd(8, '0')}-4e5f-7a6b-8c7d-0123456789ab`,
];

/** What is heard of these steps; `cuts` says where a chunk ends beside where one has to. */
const heard = async (
  script: readonly (string | { readonly params: { readonly threadId: string } })[],
  cuts: readonly number[],
  isCanonical: boolean,
  spelled: (name: string) => string,
) => {
  const bench = new ScriptedWorker();
  bench.start(r1, spelled('T1'), 'U1');
  bench.start(r2, spelled('T2'), 'U2');
  let waiting = '';
  const say = (): void => {
    const bytes = Buffer.from(waiting);
    waiting = '';
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
    [0, ...places].forEach((from, at) => bench.process.stdout(bytes.subarray(from, places[at] ?? bytes.length)));
  };
  for (const step of script) {
    if (step === 'junk') waiting += 'junk\n\r\n';
    else if (typeof step === 'object')
      waiting += `${isCanonical || !('delta' in step.params) ? '' : ' '}${JSON.stringify({
        ...step,
        params: { ...step.params, threadId: spelled(step.params.threadId) },
      })}\n`;
    else say();
    if (step === 'stop') await bench.stop();
  }
  say();
  return {
    one: bench.events(r1),
    two: bench.events(r2),
    counts: bench.counts,
    facts: bench.facts,
  };
};

describe('deltas in bytes', () => {
  test('are heard as those that are parsed', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.constantFrom(...spellings),
        async (script, cuts, spelled) => {
          expect(await heard(script, cuts, true, spelled)).toEqual(await heard(script, cuts, false, spelled));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of one chunk are one event for each message, whoever else speaks in between', () => {
    const bench = new ScriptedWorker();
    const told: string[] = [];
    bench.channel.output.subscribe((batch) => {
      for (const { response, event } of batch)
        if (event.type === 'text.run')
          told.push(`${response} ${Array.from({ length: event.run.length }, (_, at) => event.run.text(at)).join()}`);
    });
    bench.start(r1, 'T1', 'U1');
    bench.start(r2, 'T2', 'U2');
    const line = (threadId: string, turnId: string, said: string): object => ({
      method: 'item/agentMessage/delta',
      params: { threadId, turnId, itemId: 'm', delta: said },
      emittedAtMs: 1,
    });
    bench.say(line('T1', 'U1', 'a'), line('T2', 'U2', 'b'), line('T1', 'U1', 'c'));
    bench.say(line('T1', 'U1', 'd'));
    expect(told).toEqual(['resp_1 a,c', 'resp_2 b', 'resp_1 d']);
  });

  test('are shown to whoever watches the lines, like all others', () => {
    const lines: string[] = [];
    let isWatched = false;
    const publish = (name: string, told: unknown): void => {
      if (name === 'worker.line' && (told as { direction: string }).direction === 'in')
        lines.push((told as { line: string }).line);
    };
    const bench = new ScriptedWorker({
      diagnostics: { watched: (name) => name === 'worker.line' && isWatched, publish },
    });
    bench.start();
    const said = {
      method: 'item/agentMessage/delta',
      params: { threadId: 'T1', turnId: 'U1', itemId: 'm', delta: 'é"' },
      emittedAtMs: 1,
    };
    const closed = {
      method: 'item/completed',
      params: { item: { type: 'agentMessage', id: 'm', text: 'é"' }, threadId: 'T1', turnId: 'U1' },
    };
    bench.say(said);
    isWatched = true;
    bench.say(said, closed, said);
    expect(lines).toEqual([said, closed, said].map((one) => JSON.stringify(one)));
    expect(bench.types().filter((type) => type === 'text.delta')).toHaveLength(3);
  });
});
