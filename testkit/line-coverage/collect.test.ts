import { expect, it } from 'vitest';
import { linesOf } from './collect.ts';

const source = [
  '/** Not code. */',
  'function used() {',
  '  if (x) {',
  '    never();',
  '  }',
  '}',
  'function unused() {',
  '  more();',
  '}',
].join('\n');
const span = (from: string, to: string, count: number) => ({
  startOffset: source.indexOf(from),
  endOffset: source.indexOf(to) + to.length,
  count,
});

it('counts a line by the innermost range around it, and no line without code', () => {
  const ranges = [
    { startOffset: 0, endOffset: source.length, count: 1 },
    span('function used', '  }\n}', 3),
    span('{\n    never', '  }', 0),
    span('function unused', 'more();\n}', 0),
  ];
  expect(linesOf(source, ranges)).toEqual({ 2: 3, 3: 3, 4: 0, 7: 0, 8: 0 });
});
