/** The log as the configuration wants it, and what it says first. */

import type { FieldValue } from '../actors/log-fields.ts';
import type { Journal } from '../actors/seams.ts';
import { backendHint, backendMode } from './backend.ts';
import { type Config, maskedConfig } from './config.ts';
import { EventLog, type EventLogOptions } from './event-log.ts';
import { logLevel } from './portions.ts';

export const openLog = (config: Config, options: Pick<EventLogOptions, 'write' | 'redact' | 'node'>): EventLog =>
  new EventLog({ ...options, now: Date.now, level: logLevel(config), maintenance: config.maintenanceMode });

/** What the gateway is going to run with. */
export function logStart(journal: Journal, config: Config): void {
  journal.info('config', { settings: maskedConfig(config) as FieldValue<'settings'> });
  journal.info('backend', { mode: backendMode(config), set_by: `PROXY_USE_APP_SERVER=${config.useAppServer}` });
  const remedy = backendHint(config);
  if (remedy !== null) journal.warn('backend_doubt', { remedy });
}

/** Not for stdout, where all else is JSON. */
export const defaultKeyLine = ({ apiKey }: Config): string =>
  `API key: ${apiKey} (the default; set PROXY_API_KEY to change it)\n`;

/** The one line of stdout that is not JSON: process managers wait for it. */
export const startUpLine = ({ host }: Config, port: number, built: string): string => {
  const place = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `codex-actors listening on http://${place}:${port}/v1 (${built})`;
};
