/** The real CLI against its goldens, and the fake app-server against the real CLI, through the shipped transport. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestClient } from '../app-server/client.ts';
import { differences } from './compare.ts';
import { type Entry, methodOf } from './entry.ts';
import { piped, readGolden, updating, writeGolden } from './golden.ts';
import { outOfSchema, printedSchemas } from './protocol-schema.ts';
import { races, refusals, refused } from './refusals.ts';
import { scenarios, type Stage } from './scenarios.ts';
import { openSubject, type Subject } from './subject.ts';

let real: Subject;
let fake: Subject;
let schemas: Awaited<ReturnType<typeof printedSchemas>>;
let wrong: string[] = [];

beforeAll(async () => {
  schemas = await printedSchemas();
  const watch = (run: readonly Entry[]): void => void wrong.push(...outOfSchema(schemas, run));
  [real, fake] = await Promise.all([openSubject('real', watch), openSubject('fake', watch)]);
});

beforeEach(() => {
  wrong = [];
});

afterAll(async () => {
  await Promise.all([real.close(), fake.close()]);
});

test.for(scenarios)('$name: the real CLI is as committed, and the fake is as the real CLI', async (scenario) => {
  const [truth, copy] = await Promise.all([real.perform(scenario), fake.perform(scenario)]);
  if (updating(process.env)) await writeGolden(scenario.name, truth);
  expect(differences(await readGolden(scenario.name), piped(truth)), 'real, not golden').toEqual([]);
  expect(differences(truth, copy), 'fake, not real').toEqual([]);
  expect(wrong, 'not as the schema that the binary prints').toEqual([]);
});

test('what the real CLI refuses, the fake refuses with the same code and words', async () => {
  const [truth, copy] = await Promise.all(
    [real, fake].map(async (subject) => {
      let found: readonly string[] = [];
      const play = async (stage: Stage): Promise<void> => {
        found = await refused(stage);
      };
      await subject.perform({ name: 'refusals', play });
      return found;
    }),
  );
  expect(copy).toEqual(truth);
  expect(truth).toHaveLength(refusals.length + races);
  expect(truth?.filter((line) => line.includes(': undefined'))).toEqual([]);
});

/** The process was seen to do these, but no provider makes it do them at will. */
const seen = ['noturnend', 'nosampling', 'answerlast', 'retryrepeat n=1 done', 'usagelate', 'compaction', 'aborted'];

test.for(seen)('%s, which only the fake can show, is as the schema says', (misdeed) => {
  const client = createTestClient();
  client.initialize([]);
  client.play(`[[sc:${misdeed}]]`);
  const spoken = client.lines.filter((line) => methodOf(line) !== '');
  expect(spoken.length).toBeGreaterThan(3);
  expect(
    outOfSchema(
      schemas,
      spoken.map((line): Entry => ['out', line]),
    ),
  ).toEqual([]);
});
