import { expect, test } from 'vitest';
import { profileText, rowsOf } from './profile.ts';

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });
const profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('pump', 'file:///some/where/http/live-reader.ts', 114), children: [4, 5] },
    { id: 4, callFrame: frame('write'), children: [6] },
    { id: 5, callFrame: frame('', 'file:///some/where/node_modules/xstate/x.js', 0) },
    { id: 6, callFrame: frame('write') },
  ],
  samples: [2, 3, 4, 5, 6, 4],
  timeDeltas: [1_000, 10, 20, 30, 20, 20],
};

test('shares are of the time in which something was done; who calls itself counts once', () => {
  expect(rowsOf(profile)).toEqual([
    { place: 'write', selfShare: 0.6, totalShare: 0.6 },
    { place: '(anonymous) node_modules/xstate/x.js:1', selfShare: 0.3, totalShare: 0.3 },
    { place: 'pump http/live-reader.ts:115', selfShare: 0.1, totalShare: 1 },
  ]);
});

test('as text: first who leads by itself, then with what it called', () => {
  const lines = profileText(profile, 1).split('\n');
  expect([lines[1], lines[4]]).toEqual(['  60.0%   60.0%  write', '  10.0%  100.0%  pump http/live-reader.ts:115']);
});
