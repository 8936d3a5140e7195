/**
 * The home that all workers share: generated configuration and catalogue beside the operator's own files, which are never
 * written. Invariant: a file that a running worker may read is replaced whole or not at all.
 */

import { promises } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Journal } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';
import { resolveBinary } from './binary.ts';
import {
  type Catalog,
  type CatalogModel,
  type Listing,
  minimalCatalog,
  patchCatalog,
  vendorCatalog,
  withModel,
} from './catalog.ts';
import { configToml, generatedMark, isElsewhere } from './config-toml.ts';
import { type Environment, workerEnvironment } from './environment.ts';
import { type OperatorConfig, readOperatorConfig } from './operator-config.ts';
import { modelOnly, type Powers } from './powers.ts';
import type { Provider } from './provider.ts';
import { removeStaleStateFolders } from './state-folder.ts';

const { access, chmod, mkdir, readFile, rename, rm, stat, writeFile } = promises;

export interface HomeOptions {
  readonly home: string;
  /** Make the home if it is missing; otherwise that is an error. */
  readonly createHome?: boolean;
  /** Working directory of the workers, kept empty; made if missing. */
  readonly workdir: string;
  /** Under this folder each worker has its databases; made if missing. */
  readonly sqliteBase: string;
  /** See `binary.ts`. */
  readonly binary: string | null;
  readonly environment: Environment;
  readonly environmentAllow: readonly string[];
  readonly model: string;
  readonly provider: Provider;
  readonly streamIdleMs: number;
  /** `CODEX_FORCE_PROVIDER` */
  readonly forcedProvider?: string | undefined;
  /** `modelOnly` if absent. */
  readonly powers?: Powers;
  /** Catalogue entries instead of the vendor's. */
  readonly models?: readonly JsonObject[];
  /** False: the CLI cannot be asked for its models. True if absent. */
  readonly vendorModels?: boolean;
  readonly journal: Journal;
}

export interface PreparedHome {
  readonly home: string;
  readonly workdir: string;
  readonly sqliteBase: string;
  /** In the order of the vendor's catalogue. */
  readonly models: readonly CatalogModel[];
  /** What workers will list; empty when the vendor's catalogue could not be read. */
  readonly listing: Listing;
}

/** The text is for the operator, who has to change something. */
export class HomeError extends Error {}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

const writable = async (name: string, path: string, create: boolean): Promise<void> => {
  try {
    if (create) await mkdir(path, { recursive: true });
    if (!(await stat(path)).isDirectory()) throw new HomeError(`${name} is not a directory: ${path}`);
    // Root may write where the mode forbids it, and nobody may on a read-only file system: only a try tells.
    const probe = join(path, `.writable-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe, { force: true });
  } catch (error) {
    if (error instanceof HomeError) throw error;
    const code = codeOf(error);
    throw new HomeError(`${name} ${code === 'ENOENT' ? 'does not exist' : `is not writable (${code})`}: ${path}`);
  }
};

const contentOf = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new HomeError(`cannot be read (${codeOf(error)}): ${path}`);
  }
};

const replace = async (path: string, content: string): Promise<void> => {
  if ((await contentOf(path)) === content) return chmod(path, 0o600).catch(() => {});
  const next = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(next, content, { mode: 0o600 });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw new HomeError(`cannot be written (${codeOf(error)}): ${path}`);
  }
};

/** Puts an operator's own configuration aside, once, and reads what was put aside. */
const operatorConfig = async (home: string, journal: Journal): Promise<OperatorConfig | null> => {
  const path = join(home, 'config.toml');
  const aside = join(home, 'config.operator.toml');
  const present = await contentOf(path);
  const theirs = present !== null && !present.startsWith(generatedMark);
  if (theirs) await rename(path, aside);
  const text = theirs ? present : await contentOf(aside);
  if (text === null) return null;
  const operator = readOperatorConfig(text);
  if (theirs) journal.warn('home_operator_config', { moved_to: aside, ignored: [...operator.others] });
  return operator;
};

type Folders = Pick<PreparedHome, 'home' | 'workdir' | 'sqliteBase'>;

const catalogOf = async (options: HomeOptions, paths: Folders, lite: boolean): Promise<Catalog> => {
  const patching = { lite, ownTools: options.powers?.ownTools === true };
  if (options.models !== undefined) return patchCatalog(options.models, patching);
  if (options.vendorModels === false) return { ...patchCatalog(minimalCatalog(options.model), patching), listing: [] };
  const { environment, journal } = options;
  const binary = resolveBinary({ binary: options.binary, cwd: process.cwd(), environment });
  const env = workerEnvironment({
    environment,
    allow: options.environmentAllow,
    home: paths.home,
    stateFolder: paths.sqliteBase,
    providerKey: undefined,
  });
  const entries = await vendorCatalog(binary, paths.workdir, env);
  if (typeof entries !== 'string') return patchCatalog(lite ? entries : withModel(entries, options.model), patching);
  journal.warn('home_catalog', { reason: entries, instead: options.model });
  return { ...patchCatalog(minimalCatalog(options.model), patching), listing: [] };
};

/** Rejects with a `HomeError` when a folder cannot be used. */
export const prepareHome = async (options: HomeOptions): Promise<PreparedHome> => {
  const { journal, provider, forcedProvider: forced } = options;
  const folders = {
    home: resolve(options.home),
    workdir: resolve(options.workdir),
    sqliteBase: resolve(options.sqliteBase),
  };
  const { home, workdir, sqliteBase } = folders;
  await writable('CODEX_HOME', home, options.createHome === true);
  await writable('the working directory of the workers', workdir, true);
  await writable('the base folder of the workers’ databases', sqliteBase, true);
  await removeStaleStateFolders(sqliteBase);
  const agents = await access(join(home, 'AGENTS.md')).then(
    () => true,
    () => false,
  );
  if (agents) journal.warn('home_agents_md', { path: join(home, 'AGENTS.md'), effect: 'is put into every prompt' });
  const operator = await operatorConfig(home, journal);
  const vendor = provider.type === 'chatgpt' && provider.method !== 'apikey' && !isElsewhere(operator, forced);
  const defined = ['upstream', ...(operator?.providers.map(({ name }) => name) ?? [])];
  // It may be one that the CLI brings along. If not, no worker will start, and say why.
  if (forced !== undefined && !defined.includes(forced)) journal.warn('home_provider_undefined', { provider: forced });
  const catalog = await catalogOf(options, folders, vendor);
  await replace(join(home, 'models.json'), catalog.json);
  const config = configToml({
    model: options.model,
    catalogPath: join(home, 'models.json'),
    provider,
    streamIdleMs: options.streamIdleMs,
    powers: options.powers ?? modelOnly,
    operator,
    forced,
  });
  await replace(join(home, 'config.toml'), config);
  return { ...folders, models: catalog.models, listing: catalog.listing };
};
