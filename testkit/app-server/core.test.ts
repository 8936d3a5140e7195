import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scenarioNames } from '../provider/scenarios.ts';
import { createTestClient } from './client.ts';
import { misdeeds } from './misdeeds.ts';

const quiet = new Set(['garbage', 'badutf8', 'crlf', 'exithalf', 'closestdout']);
const everyScenario = [...scenarioNames, ...Object.keys(misdeeds)].filter((name) => name !== 'big');
const wellBehaved = scenarioNames.filter((name) => name !== 'big' && name !== 'tool' && !name.startsWith('hang'));

test('every line equals JSON.stringify(JSON.parse(line)), whatever the scenario, seed and order', () => {
  const names = everyScenario.filter((name) => !quiet.has(name));
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.integer(), fc.boolean(), (name, seed, reorder) => {
      const client = createTestClient({ seed, reorder });
      client.initialize([]);
      client.play(`[[sc:${name}]]`, {
        dynamicTools: [{ type: 'function', name: 'f', description: '', inputSchema: {} }],
      });
      for (const line of client.lines) expect(JSON.stringify(JSON.parse(line))).toBe(line);
    }),
    { numRuns: 300 },
  );
});

test.each(wellBehaved)('a turn of %s ends once, and nothing follows thread/closed', (name) => {
  const client = createTestClient({ seed: 7 });
  client.initialize();
  const methods = client.play(`[[sc:${name}]]`).map((line) => line['method']);
  expect(methods.filter((method) => method === 'turn/completed').length).toBe(1);
  expect(methods.at(-1)).toBe('thread/closed');
});

test('a permutation keeps the lines, and the order of those that are fixed', () => {
  const movable = /^\{"(id|error)"|auto-compact-|rateLimits|thread\/closed/;
  const anonymous = (line: string): string =>
    line.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+|1790\d{9}(\.\d+)?/g, '#');
  const played = (seed: number, reorder: boolean): string[] => {
    const client = createTestClient({ seed, reorder });
    client.initialize();
    client.play('[[sc:reason summary=always]]');
    return client.lines.map(anonymous);
  };
  const canonical = played(1, false);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const lines = played(seed, true);
      expect(lines.toSorted()).toEqual(canonical.toSorted());
      expect(lines.filter((line) => !movable.test(line))).toEqual(canonical.filter((line) => !movable.test(line)));
    }),
    { numRuns: 100 },
  );
});

test('equal seeds give equal lines', () => {
  const played = (): string[] => {
    const client = createTestClient({
      seed: 42,
      reorder: true,
      faults: { drop: 0.1, duplicate: 0.1, delay: 0.2, garbage: 0.1 },
    });
    client.initialize();
    client.play('[[sc:text n=50]]');
    return client.lines;
  };
  expect(played()).toEqual(played());
});

describe('faults', () => {
  test('exit says how, and nothing is written behind it', () => {
    const client = createTestClient();
    client.initialize();
    client.play('[[sc:exit n=1 how=SIGKILL]]');
    expect(client.exits).toEqual([[null, 'SIGKILL']]);
    expect(client.lines.at(-1)).toContain('"delta":"Hello"');
  });
  test('a crash after k lines leaves k lines', () => {
    const client = createTestClient({ faults: { crashAfterLines: 5 } });
    client.initialize();
    client.play('hi');
    expect([client.lines.length, client.exits.length]).toEqual([5, 1]);
  });
  test('half a line has no end', () => {
    const client = createTestClient();
    client.initialize();
    client.play('[[sc:exithalf]]');
    expect(() => JSON.parse(client.lines.at(-1) ?? '')).toThrow();
  });
  test('overload refuses as often as it is told, then serves', () => {
    const client = createTestClient();
    client.initialize();
    const threadId = client.thread('[[sc:overload kind=thread/unsubscribe times=2]]');
    const answers = [1, 2, 3].map(() => client.ask('thread/unsubscribe', { threadId }));
    expect(answers.map((answer) => answer?.['error'] !== undefined)).toEqual([true, true, false]);
  });
  test('an ignored request is never answered', () => {
    const client = createTestClient({ rules: [{ method: 'account/read', times: 1, act: 'ignore' }] });
    client.initialize();
    expect(client.ask('account/read', {})).toBeUndefined();
    expect(client.ask('account/read', {})).toBeDefined();
  });
  test('input waits until the process is ready', () => {
    const client = createTestClient({ readyDelayMs: 500 });
    client.initialize();
    expect(client.lines).toEqual([]);
    client.clock.advance(500);
    expect(client.lines[0]).toContain('"userAgent":"test/0.169.0 ');
  });
  test('an unknown parameter is a failed turn with a clear message', () => {
    const client = createTestClient();
    client.initialize();
    expect(JSON.stringify(client.play('[[sc:text nope=1]]'))).toContain('unknown scenario parameter: nope');
  });
});
