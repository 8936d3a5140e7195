import { expect, test } from 'vitest';
import { seriesValue } from './metrics.ts';

const page =
  '# HELP codex_a_total x\n# TYPE codex_a_total counter\ncodex_a_total 3\ncodex_b{slot="0",x="} 9"} 1\ncodex_b{slot="1"} 2 1700000000\n';

test('a series is the sum over its labels, and one that is not there is none', () => {
  expect(seriesValue(page, 'codex_a_total')).toBe(3);
  expect(seriesValue(page, 'codex_b')).toBe(3);
  expect(seriesValue(page, 'codex_a')).toBeUndefined();
});
