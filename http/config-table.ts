/**
 * Every environment variable of the gateway in one table: parsing, `--help` and `docs/configuration.md` are all made from
 * it. A variable that is not here does not exist. The rows stand in one file for each subject.
 */

import { codexVariables } from './config-codex.ts';
import { frontVariables } from './config-front.ts';
import { outputVariables } from './config-output.ts';
import { requestVariables } from './config-requests.ts';
import { telemetryVariables } from './config-telemetry.ts';
import { timeVariables } from './config-time.ts';
import { workerVariables } from './config-workers.ts';

export const variables = {
  ...frontVariables,
  ...codexVariables,
  ...requestVariables,
  ...outputVariables,
  ...timeVariables,
  ...workerVariables,
  ...telemetryVariables,
} as const;

/** Names like ours that other programs beside the gateway read. */
export const readElsewhere: readonly string[] = ['WORKER_CLOUDFLARE_API_TOKEN'];
