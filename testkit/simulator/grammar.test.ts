/** The grammar of a log: what it accepts, and what it must not. */

import { expect, test } from 'vitest';
import type { ResponseLog } from '../../actors/log.ts';
import * as examples from '../log-examples.ts';
import { complaintOf } from './grammar.ts';

const { completed, emptyLog, end, usageOf } = examples;

test('the worked examples are well formed', () => {
  const logs = [
    examples.textLog(),
    examples.reasoningLog(),
    examples.callsLog('resp_c2', ['{', '}'], ['{}']),
    examples.callLog(),
    examples.failureLog(),
    examples.incompleteLog(),
  ];
  expect(logs.map(complaintOf)).toEqual(logs.map(() => null));
});

const begun = (): ResponseLog => {
  const log = emptyLog('resp_x');
  log.begin();
  return log;
};

test.each<[string, RegExp, (log: ResponseLog) => void]>([
  ['without an ending', /no ending/, () => undefined],
  ['begun twice', /created again/, (log) => log.begin()],
  [
    'with an item in an item',
    /within an item/,
    (log) => {
      log.openItem({ id: 'a', kind: 'message' });
      log.openItem({ id: 'b', kind: 'message' });
    },
  ],
  [
    'with a part that is never closed',
    /item.done out of place/,
    (log) => {
      const item = log.openItem({ id: 'a', kind: 'message' });
      log.openPart(item, 'text');
      log.closeItem(item);
    },
  ],
  ['whose last item is never closed', /never closed/, (log) => void log.openItem({ id: 'a', kind: 'message' })],
  [
    'with a part closed twice',
    /out of place/,
    (log) => {
      const item = log.openItem({ id: 'a', kind: 'message' });
      const part = log.openPart(item, 'text');
      log.append(part, 'x');
      log.closePart(part);
      log.closePart(part);
    },
  ],
])('a log %s is not', (what, complaint, write) => {
  const log = begun();
  write(log);
  expect(complaintOf(what === 'without an ending' ? log : end(log, completed, usageOf(1, 1)))).toMatch(complaint);
});
