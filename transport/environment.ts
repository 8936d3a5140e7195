/**
 * What a worker inherits of the gateway's environment: an allow-list, because stray variables change the behaviour of the
 * CLI and because the gateway's own keys are none of its business.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

const names = [
  'PATH',
  'LANG',
  'TZ',
  'TMPDIR',
  'RUST_LOG',
  'CHILD_PID_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'CODEX_CA_CERTIFICATE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  // Windows starts nothing without these.
  'SystemRoot',
  'SystemDrive',
  'TEMP',
  'TMP',
];
const prefixes = ['FAKE_CODEX_', 'STREAM_'];

/** The variable that the generated configuration names as the provider's key. */
export const providerKeyVariable = 'UPSTREAM_API_KEY';

export interface EnvironmentOptions {
  readonly environment: Environment;
  /** Further names, chosen by the operator. */
  readonly allow: readonly string[];
  readonly home: string;
  readonly stateFolder: string;
  readonly providerKey: string | undefined;
}

export const workerEnvironment = (options: EnvironmentOptions): Record<string, string> => {
  const allowed = new Set([...names, ...options.allow]);
  const inherited = Object.entries(options.environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (allowed.has(entry[0]) || prefixes.some((prefix) => entry[0].startsWith(prefix))),
  );
  return {
    PATH: '/usr/bin:/bin',
    ...Object.fromEntries(inherited),
    HOME: options.home,
    CODEX_HOME: options.home,
    CODEX_SQLITE_HOME: options.stateFolder,
    CODEX_WORKER_SUPERVISED: 'true',
    ...(options.providerKey === undefined ? {} : { [providerKeyVariable]: options.providerKey }),
  };
};
