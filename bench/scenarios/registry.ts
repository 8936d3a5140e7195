/** Every scenario, in the order in which a full run has them. */

import type { Scenario } from '../scenario.ts';
import { saturation } from './saturation.ts';

export const scenarios: readonly Scenario[] = [saturation];
