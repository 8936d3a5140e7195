/** What was wrong about usage and logs. */

import type { Defect } from './defect.ts';

export const usageDefects: readonly Defect[] = [
  {
    row: 'W-8',
    file: 'actors/usage-meter.ts',
    find: 'if (usage !== null) this.#samplings.set(',
    // What the worker had counted was not looked at.
    put: 'if (usage === null) this.#samplings.set(',
  },
  {
    row: 'W-48',
    file: 'actors/scribe.ts',
    find: 'return this.#answer.text(event);',
    // A line of log for each delta.
    put: `this.#options.journal.info('delta', { item: event.item });
        return this.#answer.text(event);`,
  },
  {
    row: 'W-49',
    file: 'http/accounting.ts',
    find: '      ...answer,\n',
    // Requests to /v1/responses counted as nothing.
    put: `      ...answer,
      ...(this.#endpoint.name === 'responses' ? { usage: null, completionEst: 0 } : {}),
`,
  },
];
