/**
 * The environment of the executable, read once. Invariant: a value that is not understood ends the process with a clear
 * message, so that a typo is never a silently different test.
 *
 *   FAKE_CODEX_SEED               seed of ids, reorderings and faults (1)
 *   FAKE_CODEX_SCENARIO           scenario of turns that select none, e.g. `text n=100 delay=5` (`hello`)
 *   FAKE_CODEX_DELTAS             shorthand for `burst`: number of deltas of every unmarked turn
 *   FAKE_CODEX_DELTA_BYTES        bytes of one such delta (20)
 *   FAKE_CODEX_DELTA_INTERVAL_MS  pause between them (0: as fast as it can)
 *   FAKE_CODEX_READY_DELAY_MS     input is read only after so long (0)
 *   FAKE_CODEX_NEVER_READY        1: no request is ever answered
 *   FAKE_CODEX_EARLY              1: says something before the handshake
 *   FAKE_CODEX_CRASH_AFTER_LINES  dies by SIGKILL right after so many lines
 *   FAKE_CODEX_CHUNK              bytes of one write to stdout: splits lines anywhere (0: all lines of a tick in one write)
 *   FAKE_CODEX_REORDER            1: seeded permutation among the allowed reorderings
 *   FAKE_CODEX_FAULTS             probabilities per line, e.g. `drop=0.01,duplicate=0.01,delay=0.1,cross=0,garbage=0.001`
 *   FAKE_CODEX_REFUSE             rules about requests, e.g. `turn/start:-32001:3,thread/unsubscribe:ignore:1`; `exit`: dies of it
 *   FAKE_CODEX_ACCOUNT            none (default), signedOut, apiKey, chatgpt, unreachable
 *   FAKE_CODEX_SIGNED_OUT         1: short for signedOut
 *   FAKE_CODEX_LOGIN_MS           a login completes by itself after so long (1000); `never`: only by `fake/login` on stdin
 *   CODEX_APP_SERVER_LOGIN_ISSUER  origin of the sign-in page, as the real process takes it (https://auth.openai.com)
 *   FAKE_CODEX_GAUGES             values for server/diagnostics, e.g. `core.turns.active=40`
 *   FAKE_CODEX_VERSION            version in the user agent (0.169.0)
 *   FAKE_CODEX_MODE, and more       the vocabulary of the predecessor's shim, see `shim-settings.ts`
 *   CODEX_HOME                    `models.json` there replaces the bundled catalog, `auth.json` the initial account
 */
import type { AccountState } from './account.ts';
import type { Faults } from './outlet.ts';
import type { RequestRule } from './script.ts';
import { readShimSettings } from './shim-settings.ts';
import type { ShimSettings } from './shim-settings.ts';

export type Environment = { readonly [name: string]: string | undefined };

export interface Settings {
  readonly seed: number;
  readonly defaultScenario: string;
  readonly readyDelayMs: number;
  readonly neverReady: boolean;
  readonly early: boolean;
  readonly chunkBytes: number;
  readonly reorder: boolean;
  readonly faults: Faults;
  readonly rules: readonly RequestRule[];
  readonly account: AccountState;
  readonly loginMs: number | null;
  readonly issuer: string;
  readonly gauges: { readonly [name: string]: number };
  readonly version: string;
  readonly codexHome: string;
  readonly shim: ShimSettings;
}

const accounts: readonly AccountState[] = ['none', 'signedOut', 'apiKey', 'chatgpt', 'unreachable'];
const faultNames = ['drop', 'duplicate', 'delay', 'cross', 'garbage', 'delayMsMax'];

function count(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1e9))
    throw new Error(`${name} must be a number of at least 0, not ${text}`);
  return value;
}

function pairs(name: string, text: string): { readonly [key: string]: number } {
  const entries = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    entries.map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key.trim(), count(name, value)];
    }),
  );
}

function rules(text: string): RequestRule[] {
  return text
    .split(',')
    .filter((rule) => rule !== '')
    .map((rule) => {
      const [method = '', act = '', times = '1'] = rule.split(':');
      if (act === 'ignore') return { method, act, times: count('FAKE_CODEX_REFUSE', times) };
      if (act === 'exit') return { method, act: { exit: 1 }, times: count('FAKE_CODEX_REFUSE', times) };
      if (!/^-\d+$/.test(act)) throw new Error(`FAKE_CODEX_REFUSE: neither ignore, exit nor an error code: ${act}`);
      const message = act === '-32001' ? 'Server overloaded; retry later.' : 'refused';
      return { method, act: { code: Number(act), message }, times: count('FAKE_CODEX_REFUSE', times) };
    });
}

const handshakeActs: { readonly [mode in NonNullable<ShimSettings['handshake']>]: RequestRule['act'] } = {
  timeout: 'ignore',
  error: { code: -32603, message: 'handshake failed' },
  exit: { exit: 1 },
};

/** What becomes of every handshake. */
const handshakeRules = ({ handshake }: ShimSettings): RequestRule[] =>
  handshake === null ? [] : [{ method: 'initialize', act: handshakeActs[handshake], times: Number.POSITIVE_INFINITY }];

export function readSettings(env: Environment): Settings {
  const text = (name: string): string => env[`FAKE_CODEX_${name}`] ?? '';
  const number = (name: string, otherwise: number): number =>
    text(name) === '' ? otherwise : count(`FAKE_CODEX_${name}`, text(name));
  const flag = (name: string): boolean => !['', '0', 'false'].includes(text(name));

  const shim = readShimSettings(env);
  const account = text('ACCOUNT') || (flag('SIGNED_OUT') || shim.unauthorized ? 'signedOut' : 'none');
  if (!accounts.includes(account as AccountState))
    throw new Error(`FAKE_CODEX_ACCOUNT must be one of ${accounts.join(', ')}, not ${account}`);
  const faults = pairs('FAKE_CODEX_FAULTS', text('FAULTS'));
  for (const name of Object.keys(faults))
    if (!faultNames.includes(name)) throw new Error(`FAKE_CODEX_FAULTS: unknown fault ${name}`);
  const burst = `burst n=${number('DELTAS', 4)} size=${number('DELTA_BYTES', 20)} delay=${number('DELTA_INTERVAL_MS', 0)}`;
  const paced = ['DELTAS', 'DELTA_BYTES', 'DELTA_INTERVAL_MS'].some((name) => text(name) !== '');
  const loginMs = text('LOGIN_MS') || (shim.unauthorized ? 'never' : '');
  return {
    seed: number('SEED', 1),
    defaultScenario: text('SCENARIO') || (paced ? burst : 'hello'),
    readyDelayMs: Math.max(number('READY_DELAY_MS', 0), shim.process?.readyDelayMs ?? 0),
    neverReady: flag('NEVER_READY'),
    early: flag('EARLY'),
    chunkBytes: number('CHUNK', 0),
    reorder: flag('REORDER'),
    faults: { ...faults, crashAfterLines: number('CRASH_AFTER_LINES', 0) },
    rules: [...rules(text('REFUSE')), ...handshakeRules(shim)],
    account: account as AccountState,
    loginMs: loginMs === 'never' ? null : number('LOGIN_MS', 1000),
    issuer: env['CODEX_APP_SERVER_LOGIN_ISSUER'] || 'https://auth.openai.com',
    gauges: pairs('FAKE_CODEX_GAUGES', text('GAUGES')),
    version: text('VERSION') || '0.169.0',
    codexHome: env['CODEX_HOME'] ?? '',
    shim,
  };
}
