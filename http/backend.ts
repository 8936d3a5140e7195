/**
 * Which of the two ways to run Codex the operator has chosen. Invariant: the variable alone decides; a program's name is only a
 * reason to point at the variable.
 */

import type { Config } from './config.ts';

export type BackendMode = 'app-server' | 'proto';

type Chosen = Pick<Config, 'useAppServer' | 'codexBin'>;

export const backendMode = ({ useAppServer }: Pick<Config, 'useAppServer'>): BackendMode =>
  useAppServer ? 'app-server' : 'proto';

/** A word of the file's name, without its folder. */
const names = (path: string, word: string): boolean =>
  new RegExp(`(?:^|[-_.])${word}(?:[-_.]|$)`, 'iu').test(path.replace(/^.*[/\\]/u, ''));

/** What to set when the program and the choice do not look like each other. Null: they do. */
export const backendHint = ({ useAppServer, codexBin }: Chosen): string | null => {
  if (useAppServer) {
    if (codexBin === undefined || !names(codexBin, 'proto')) return null;
    return `CODEX_BIN=${codexBin} looks like a program for the legacy protocol; if it is one, set PROXY_USE_APP_SERVER=false`;
  }
  if (codexBin === undefined) {
    return 'the pinned Codex CLI has no `proto` command; set CODEX_BIN to a program that has it, or PROXY_USE_APP_SERVER=true';
  }
  if (!names(codexBin, 'jsonrpc') && !names(codexBin, 'app-server')) return null;
  return `CODEX_BIN=${codexBin} looks like a program for the app-server protocol; if it is one, set PROXY_USE_APP_SERVER=true`;
};
