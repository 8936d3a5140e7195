import { expect, it } from 'vitest';
import { reportLines, testsOf } from './test-report.mjs';

const stages = [
  { name: 'lint', ok: true, seconds: 1.25 },
  { name: 'unit', ok: false, seconds: 9, report: 'unit.json' },
  { name: 'cli', ok: true, seconds: 2, report: 'gone.json' },
];
const report = {
  testResults: [
    {
      name: 'a.test.ts',
      assertionResults: [
        { fullName: 'adds', status: 'passed', duration: 1500 },
        { fullName: 'subtracts', status: 'failed', duration: 20, failureMessages: ['expected 1\nto be 2'] },
      ],
    },
  ],
};

it('says which stages ran, which tests failed and why, and which were slow', () => {
  const tests = testsOf(stages, (name) => (name === 'unit.json' ? report : undefined));
  expect(reportLines({ ok: false, passed: 3, failed: 1, skipped: 0, stages }, tests)).toEqual([
    'lint                 1.3 s  ok',
    'unit                 9.0 s  FAILED',
    'cli                  2.0 s  ok',
    '',
    'FAILED unit: a.test.ts',
    '  subtracts',
    '    expected 1',
    '    to be 2',
    '',
    'slowest tests:',
    '    1.5 s  unit: adds',
    '    0.0 s  unit: subtracts',
    '',
    'FAILED: 3 passed, 1 failed, 0 skipped',
  ]);
});
