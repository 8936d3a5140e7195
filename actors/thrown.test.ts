import { expect, test } from 'vitest';
import { asError, tellable } from './thrown.ts';

const thrownBy = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return asError(error);
  }
  throw new Error('nothing was thrown');
};

test('of an error that quotes what it is about, only the kind and the place are told', () => {
  const quoting = [
    thrownBy(() => JSON.parse('words of a prompt')),
    thrownBy(() => Buffer.from('x').write('words of a prompt', 'words' as BufferEncoding)),
    Object.assign(new Error('words of a prompt'), { issues: [] }),
  ];
  for (const error of quoting) {
    expect(error.message).toContain('words');
    expect(tellable(error)).not.toContain('words');
    expect(tellable(error)).toMatch(/^\w+.*\n\s+at .*thrown\.test\.ts/s);
  }
  expect(tellable(quoting[1] ?? new Error())).toContain('ERR_');
});

test('what the sources themselves say is told', () => {
  expect(tellable(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n\s+at /);
});
