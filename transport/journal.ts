/** The operator's log, as the runtime knows it: each line is a happening, and whoever watches writes it down. */

import type { Diagnostics } from '../actors/diagnostics.ts';
import type { Journal } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';

export const createJournal = (diagnostics: Diagnostics): Journal => ({
  info: (event, facts = {}) =>
    diagnostics.publish('event.logged', { level: 'info', event, facts: facts as JsonObject }),
  warn: (event, facts = {}) =>
    diagnostics.publish('event.logged', { level: 'warn', event, facts: facts as JsonObject }),
  lost: (recorder, count) => diagnostics.publish('records.dropped', { recorder, count }),
});
