/** Of a launcher whose processes are made by a test: nothing in here is looked for. */

import type { LauncherOptions } from '../transport/launcher.ts';
import { transportLimits } from './transport-limits.ts';

export const launcherOptions = {
  binary: process.execPath,
  home: '/home',
  workdir: '/work',
  sqliteBase: '/nonexistent-state',
  provider: { type: 'chatgpt' },
  environment: {},
  environmentAllow: [],
  limits: transportLimits,
} as const satisfies Partial<LauncherOptions>;
