/** Beside a test that fails stands what its gateways wrote last. */

import { beforeEach } from 'vitest';
import { lastWords } from './last-words.ts';

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    for (const words of lastWords()) console.error(words);
  });
});
