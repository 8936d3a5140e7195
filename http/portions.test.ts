import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { channelLimits } from './portions.ts';

const limitsOf = (environment: Readonly<Record<string, string>>) => {
  const result = readConfig(environment, { cwd: '/', tmpdir: '/tmp', cores: 4 });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return channelLimits(result.config);
};

test('P-178: a worker is worn by its turns, its memory and its databases; only the last is limited unasked', () => {
  expect(limitsOf({})).toMatchObject({ turnsMax: 0, memoryBytesMax: 0, stateBytesMax: 536_870_912 });
  const set = { WORKER_MAX_TURNS: '5', WORKER_MAX_RSS_MB: '2', WORKER_STATE_BYTES_MAX: '0' };
  expect(limitsOf(set)).toMatchObject({ turnsMax: 5, memoryBytesMax: 2_097_152, stateBytesMax: 0 });
});
