/** What was wrong about the scripts of development and about the tests. */

import type { Defect } from './defect.ts';

export const scriptDefects: readonly Defect[] = [
  {
    row: 'W-61',
    did: 'died in npm run dev of a file that nobody had tracked',
    edits: [
      {
        file: 'testkit/dev/home.ts',
        find: 'copyFileSync(join(templates, name), target, constants.COPYFILE_EXCL);',
        put: 'throw new Error(`${target} is missing`);',
      },
    ],
  },
  {
    row: 'W-63',
    did: 'made a golden from itself where there was none',
    edits: [
      {
        file: 'testkit/transcripts/goldens.ts',
        find: 'if (tracked === text) return [];',
        put: `if (tracked === text) return [];
    if (tracked === null) {
      writeFileSync(join(folder, name), text);
      return [];
    }`,
      },
    ],
  },
];
