/** Fixes the seed of every property of a mutation run. */

import fc from 'fast-check';

fc.configureGlobal({ seed: 20_260_731, endOnFailure: true });
