/** What puts each defect of the predecessor back, one file for each group of rows. */

import type { Defect } from './defect.ts';

export const defects: readonly Defect[] = [
  {
    row: 'W-1',
    file: 'actors/item-writer.ts',
    find: 'const whole = this.#held + delta;',
    // Deltas that overlap with what was said were taken for repetitions.
    put: `const shown = this.#part === null ? '' : this.#log.escapedText(this.#part);
    if (shown.endsWith(delta)) {
      this.#length += delta.length;
      return;
    }
    const whole = this.#held + delta;`,
  },
];
