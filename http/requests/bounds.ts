/** The limits of an answer that the gateway enforces itself, because no worker can be told. */

import type { Terms } from '../../actors/terms.ts';
import type { Settings } from './settings.ts';

export const boundsOf = (_settings: Settings): Pick<Terms, 'callsMax' | 'tokensMax' | 'stop'> => ({
  callsMax: null,
  tokensMax: null,
  stop: [],
});
