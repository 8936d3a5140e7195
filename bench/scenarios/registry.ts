/** Every scenario, in the order in which a full run has them. */

import type { Scenario } from '../scenario.ts';
import { bigBody } from './big-body.ts';
import { choices } from './choices.ts';
import { frontier } from './frontier.ts';
import { kept } from './kept.ts';
import { latency } from './latency.ts';
import { longStream } from './long-stream.ts';
import { manyStreams } from './many-streams.ts';
import { memory } from './memory.ts';
import { models } from './models.ts';
import { overload } from './overload.ts';
import { nodes } from './nodes.ts';
import { paced } from './paced.ts';
import { realCliTurns } from './real-cli.ts';
import { recovery } from './recovery.ts';
import { requests } from './requests.ts';
import { responses } from './responses.ts';
import { saturation } from './saturation.ts';
import { slowReaders } from './slow-readers.ts';
import { startUp } from './start-up.ts';
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
  memory,
  kept,
  manyStreams,
  longStream,
  slowReaders,
  bigBody,
  overload,
  recovery,
  startUp,
  realCliTurns,
  nodes,
];
