/** What was wrong about usage and logs. */

import type { Defect } from './defect.ts';

export const usageDefects: readonly Defect[] = [
  {
    row: 'W-8',
    did: 'did not look at what the worker had counted',
    edits: [
      {
        file: 'actors/usage-meter.ts',
        find: 'if (usage === null) return;',
        put: 'return;',
      },
    ],
  },
  {
    row: 'W-48',
    did: 'wrote a line of log for each delta',
    edits: [
      {
        file: 'actors/scribe.ts',
        find: 'return heard(this.#answer, event);',
        put: `this.#options.journal.info('text_mismatch');
        return heard(this.#answer, event);`,
      },
    ],
  },
  {
    row: 'W-49',
    did: 'counted requests to /v1/responses as nothing',
    edits: [
      {
        file: 'http/accounting.ts',
        find: '      shape: answer.shape,\n',
        put: `      shape: answer.shape,
      ...(this.#endpoint.name === 'responses' ? { usage: null, completionEst: 0 } : {}),
`,
      },
    ],
  },
];
