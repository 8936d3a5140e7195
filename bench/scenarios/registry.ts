/** Every scenario, in the order in which a full run has them. */

import type { Scenario } from '../scenario.ts';
import { choices } from './choices.ts';
import { frontier } from './frontier.ts';
import { latency } from './latency.ts';
import { models } from './models.ts';
import { paced } from './paced.ts';
import { requests } from './requests.ts';
import { responses } from './responses.ts';
import { saturation } from './saturation.ts';
import { streams } from './streams.ts';

export const scenarios: readonly Scenario[] = [
  saturation,
  streams,
  requests,
  models,
  latency,
  paced,
  responses,
  frontier,
  choices,
];
