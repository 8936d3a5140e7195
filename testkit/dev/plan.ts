/**
 * What a development command starts: arguments, environment and the lines of an environment file become the environment of the
 * gateway. Pure. Invariants: the environment wins over the file, an argument over both; no value of either is ever in a message.
 */

import { parseArgs } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `account`: the CLI as it is, with whoever is signed in. */
export type Backend = 'account' | 'shim' | 'proto-shim' | 'offline';

export interface Plan {
  readonly backend: Backend;
  /** Restarts when a source changes. */
  readonly reload: boolean;
  /** Null: one that lasts as long as the command. */
  readonly home: string | null;
  /** Over the environment of the command itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of the gateway. */
  readonly args: readonly string[];
  readonly notes: readonly string[];
}

export type Planned =
  | { readonly kind: 'run'; readonly plan: Plan }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string };

export interface EnvFile {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

export const helpText = `Starts the gateway for development. One line for each command:

  npm run dev                  your Codex account, port 18000, CODEX_HOME=.codev, PROXY_ENV=dev; restarts when a source changes
  npm run dev:shim             the same before a scripted fake of the CLI: no account, no network, no key needed
  npm run dev:offline          the same before the real CLI with a fake model provider on loopback, in a home of its own
  npm run start:codev          like dev, without the restarts; the key may be the default one
  npm run start:codev:shim     the same before the scripted fake

  -p, --port N                 port to listen on; 0 takes a free one (PORT of the environment, else 18000)
      --shim, --no-shim        the scripted fake, or not (CODEX_SHIM of the environment or the file)
      --no-reload              never restart
      --home DIR               CODEX_HOME (.codev)
      --dotenv FILE            environment file to read (.env; none is no error)
      --check-config           say what the environment means, and end
  -h, --help                   this text

Arguments go behind two dashes: npm run dev -- -p 19000. What the environment says wins over the file. PORT, CODEX_HOME and
PROXY_ENV of the file are not used: they are about the deployment.
`;

/** A file for the deployment sets these for the deployment. */
const deployments = ['PORT', 'CODEX_HOME', 'PROXY_ENV'];
export const defaultPort = 18_000;
export const defaultHome = '.codev';

const refused = (message: string): Planned => ({ kind: 'refused', message });

const options = {
  port: { type: 'string', short: 'p' },
  shim: { type: 'boolean' },
  offline: { type: 'boolean', default: false },
  reload: { type: 'boolean' },
  home: { type: 'string' },
  // Not `env-file`: Node takes that for itself, wherever it stands.
  dotenv: { type: 'string', default: '.env' },
  'check-config': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const parsed = (args: readonly string[]) =>
  parseArgs({ args: [...args], options, allowNegative: true, allowPositionals: true });

/** Where the arguments say the environment file is; the default where they cannot be read, which `planOf` will say. */
export function envFileOf(args: readonly string[]): string {
  try {
    return parsed(args).values.dotenv;
  } catch {
    return options.dotenv.default;
  }
}

const shimWord = (value: string): boolean | null => {
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  return /^(|0|false|no|off)$/i.test(value) ? false : null;
};

const portOf = (said: string): string | null => (/^\d{1,5}$/.test(said) && Number(said) <= 65_535 ? said : null);

export function planOf(args: readonly string[], environment: Environment, file: EnvFile | null): Planned {
  let read: ReturnType<typeof parsed>;
  try {
    read = parsed(args);
  } catch (error) {
    return refused(`${(error as Error).message.split('. ')[0]}; --help shows what there is`);
  }
  const { values, positionals } = read;
  const [command = '', ...rest] = positionals;
  if (values.help) return { kind: 'help' };
  if ((command !== 'dev' && command !== 'start') || rest.length > 0)
    return refused(`usage: dev.ts dev|start [options]; --help shows what there is`);

  const fromFile = Object.entries(file?.environment ?? {}).filter(([name]) => (environment[name] ?? '') === '');
  const used = Object.fromEntries(fromFile.filter(([name]) => !deployments.includes(name)));
  const said = (name: string): string => environment[name] || (used[name] ?? '');

  const port = portOf(values.port ?? (environment['PORT'] || String(defaultPort)));
  if (port === null) return refused('the port must be a whole number from 0 to 65535 (-p, --port or PORT)');
  const word = shimWord(said('CODEX_SHIM'));
  if (word === null) return refused('CODEX_SHIM must be 1 or 0');
  const shim = values.shim ?? (word && !values.offline);
  if (shim && values.offline) return refused('--shim and --offline name two fakes; take one');
  if (command === 'dev' && !shim && !values.offline && said('PROXY_API_KEY') === '')
    return refused(
      'PROXY_API_KEY is not set. Put a line PROXY_API_KEY=... into .env, or set it in the environment; npm run dev:shim needs none.',
    );

  const proto = shim && /^(0|false|no|off)$/i.test(said('PROXY_USE_APP_SERVER'));
  const backend: Backend = proto ? 'proto-shim' : shim ? 'shim' : values.offline ? 'offline' : 'account';
  const home = values.home ?? (values.offline ? null : defaultHome);
  const plan: Plan = {
    backend,
    reload: values.reload ?? (command === 'dev' && !values['check-config']),
    home,
    environment: { ...used, PORT: port, PROXY_ENV: environment['PROXY_ENV'] || 'dev' },
    args: values['check-config'] ? ['--check-config'] : [],
    notes: notesOf(file, used),
  };
  return { kind: 'run', plan };
}

/** Names only. */
function notesOf(file: EnvFile | null, used: Readonly<Record<string, string>>): readonly string[] {
  if (file === null) return [];
  const ignored = deployments.filter((name) => Object.hasOwn(file.environment, name));
  return [
    `${file.path}: ${Object.keys(used).sort().join(', ') || 'nothing new'} (values are not shown)`,
    ...(ignored.length > 0 ? [`${file.path}: ${ignored.join(', ')} not used, being about the deployment`] : []),
  ];
}
