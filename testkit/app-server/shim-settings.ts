/**
 * The vocabulary of the predecessor's test shim, for scripts and images that set it. Invariant: as in `settings.ts`, a
 * value that is not understood ends the process with a clear message; without any of these nothing changes.
 *
 *   FAKE_CODEX_MODE                    what turns do that select no scenario, see `shim-modes.ts`: tool_call, multi_tool_burst,
 *                                      multi_choice_tool, multi_choice_tool_call, function_call, function_then_tool,
 *                                      textual_tool, textual_tool_tail, content_filter, truncation, token_count_only,
 *                                      provider_usage, stream_hang, long_stream, error, crash
 *   FAKE_CODEX_FINISH_REASON           how an answer in text ends: stop (default), length, content_filter, or a synonym
 *   FAKE_CODEX_TOOL_CALL_COUNT         calls of one answer (1); FAKE_CODEX_TOOL_BURST_COUNT the same for multi_tool_burst
 *   FAKE_CODEX_CHOICE_COUNT            choices of one request, for multi_choice_tool_call (2): each is a turn of its own,
 *                                      and they are counted as they come
 *   FAKE_CODEX_TOOL_CALL_CHOICES       list of the choices that call (0); the others say `Choice <index>`
 *   FAKE_CODEX_TOOL_ARGUMENT           arguments of the calls, as they are ({"id":"42"})
 *   FAKE_CODEX_TOOL_ARGUMENT_CHUNK_SIZE  accepted; the protocol has no deltas of arguments
 *   FAKE_CODEX_TOOL_XML_CHUNK_SIZE     bytes of one delta of a `<use_tool>` text (0: all in one)
 *   FAKE_CODEX_EMIT_TEXTUAL_XML        1: structured calls are written as `<use_tool>` text, too (0)
 *   FAKE_CODEX_TRUNCATE_TOOL_XML       1: the `<use_tool>` text stops inside its closing tag
 *   FAKE_CODEX_ABORT_AFTER_TOOL_XML    1: exits behind the `<use_tool>` text
 *   FAKE_CODEX_ERROR_AFTER_FIRST_TOOL  1: exits with code 1 behind the first structured call
 *   FAKE_CODEX_PARALLEL                0: one call a sampling, the next one after its output (1)
 *   FAKE_CODEX_METADATA                1: lines of metadata behind the text, named by the item; `extra`: one key more
 *   FAKE_CODEX_UNAUTHORIZED            1: signed out, turns fail with `unauthorized`, and no login ends by itself
 *   FAKE_CODEX_AUTH_URL, FAKE_CODEX_LOGIN_ID  of a login that was started
 *   FAKE_CODEX_HANDSHAKE_MODE          `initialize` is never answered (timeout), refused (error) or the last line (exit)
 *   FAKE_CODEX_JSONRPC_HANG            message: `turn/start` is never answered
 *   FAKE_CODEX_SKIP_READY              1: says nothing of being ready
 *   FAKE_CODEX_WORKER_READY_DELAY_MS   input is read only after so long (20)
 *   FAKE_CODEX_WORKER_HEARTBEAT_MS     a line of noise as often (0: none)
 *   FAKE_CODEX_WORKER_AUTOEXIT_MS      exits by itself after so long (0: never), with FAKE_CODEX_WORKER_EXIT_CODE (0)
 *   FAKE_CODEX_WORKER_SHUTDOWN_DELAY_MS  from SIGTERM or the end of stdin to the exit (20)
 *   FAKE_CODEX_STREAM_INTERVAL_MS      between the ticks of long_stream (100)
 *   FAKE_CODEX_STREAM_TICKS            how many of them (50); FAKE_CODEX_STREAM_RELEASE_MAX_TICKS with a release file (10000)
 *   FAKE_CODEX_STREAM_HANG_MS          silence of stream_hang, which then ends (10000)
 *   FAKE_CODEX_SKIP_FINISH_ON_DISCONNECT  1: an answer with calls never ends by itself
 *   FAKE_CODEX_CAPTURE_RPCS            a file that gets every line received and sent as {direction, message}; 1: stderr
 *   STREAM_READY_FILE                  gets the process id with the first delta of stream_hang and long_stream
 *   STREAM_RELEASE_FILE                written while a long_stream runs, ends it
 *   CHILD_PID_FILE                     gets the process id at the start
 *   CODEX_WORKER_SUPERVISED            unless `true`, the first line says that nobody supervises the process
 */
export const shimModes = [
  'tool_call',
  'multi_tool_burst',
  'multi_choice_tool',
  'multi_choice_tool_call',
  'function_call',
  'function_then_tool',
  'textual_tool',
  'textual_tool_tail',
  'content_filter',
  'truncation',
  'token_count_only',
  'provider_usage',
  'stream_hang',
  'long_stream',
  'error',
  'crash',
] as const;
export type ShimMode = (typeof shimModes)[number];

const finishes = {
  stop: 'stop completed complete finished done halt cancelled tool_calls tool_call function_call',
  length: 'length max_tokens token_limit token_limit_reached max_tokens_reached truncated',
  content_filter: 'content_filter filtered safety safety_filter moderation policy_filter',
} as const;
export type Finish = keyof typeof finishes;

export interface ShimSettings {
  /** Null: nothing is set that is about turns, so that the scenarios of `settings.ts` decide. */
  readonly turns: ShimTurns | null;
  /** Null: nothing of this vocabulary is set. */
  readonly process: ShimProcess | null;
  readonly handshake: 'timeout' | 'error' | 'exit' | null;
  readonly unauthorized: boolean;
  readonly authUrl: string | null;
  readonly loginId: string | null;
  readonly supervised: boolean;
}

export interface ShimTurns {
  readonly mode: ShimMode | null;
  readonly finish: Finish;
  readonly calls: number;
  readonly burst: number;
  readonly choices: number;
  readonly callingChoices: readonly number[];
  readonly argument: string;
  readonly xmlChunkBytes: number;
  readonly emitXml: boolean;
  readonly truncateXml: boolean;
  readonly abortAfterXml: boolean;
  readonly exitAfterCall: boolean;
  readonly parallel: boolean;
  readonly metadata: 'none' | 'some' | 'extra';
  readonly hang: boolean;
  readonly skipFinish: boolean;
  readonly exitCode: number;
  readonly intervalMs: number;
  readonly ticks: number;
  readonly hangMs: number;
  /** Whether a file releases the streams. */
  readonly held: boolean;
}

export interface ShimProcess {
  readonly skipReady: boolean;
  readonly readyDelayMs: number;
  readonly heartbeatMs: number;
  readonly autoExitMs: number;
  readonly exitCode: number;
  readonly shutdownDelayMs: number;
  readonly capture: string;
  readonly readyFile: string;
  readonly releaseFile: string;
  readonly pidFile: string;
}

const aboutTurns = ['MODE', 'FINISH_REASON', 'METADATA', 'JSONRPC_HANG'];
const aboutProcess = [
  'UNAUTHORIZED',
  'HANDSHAKE_MODE',
  'SKIP_READY',
  'CAPTURE_RPCS',
  ...['READY_DELAY_MS', 'HEARTBEAT_MS', 'AUTOEXIT_MS', 'EXIT_CODE', 'SHUTDOWN_DELAY_MS'].map(
    (name) => `WORKER_${name}`,
  ),
];
const files = ['STREAM_READY_FILE', 'STREAM_RELEASE_FILE', 'CHILD_PID_FILE'];

type Environment = { readonly [name: string]: string | undefined };

const off = new Set(['', '0', 'false', 'no']);

class Reader {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: string): string {
    return (this.#env[`FAKE_CODEX_${name}`] ?? '').trim();
  }

  flag(name: string, otherwise = false): boolean {
    const text = this.text(name).toLowerCase();
    return text === '' ? otherwise : !off.has(text);
  }

  whole(name: string, otherwise: number, least = 0): number {
    const text = this.text(name);
    if (text === '') return otherwise;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= 1e9) return value;
    throw new Error(`FAKE_CODEX_${name} must be a whole number of at least ${least}, not ${text}`);
  }

  one<T extends string>(name: string, values: readonly T[]): T | null {
    const text = this.text(name).toLowerCase();
    if (text === '') return null;
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    throw new Error(`FAKE_CODEX_${name} must be one of ${values.join(', ')}, not ${text}`);
  }

  file(name: string): string {
    return this.#env[name] ?? '';
  }
}

function finishOf(read: Reader): Finish {
  const names = Object.entries(finishes).flatMap(([finish, words]) =>
    words.split(' ').map((word) => [word, finish as Finish] as const),
  );
  const word = read.one(
    'FINISH_REASON',
    names.map(([name]) => name),
  );
  return new Map(names).get(word ?? 'stop') ?? 'stop';
}

function choicesOf(read: Reader): readonly number[] {
  const text = read.text('TOOL_CALL_CHOICES') || '0';
  const choices = text.split(/[,\s]+/).map(Number);
  if (choices.every((choice) => Number.isSafeInteger(choice) && choice >= 0)) return choices;
  throw new Error(`FAKE_CODEX_TOOL_CALL_CHOICES must be a list of indexes such as 0,2, not ${text}`);
}

function metadataOf(read: Reader): ShimTurns['metadata'] {
  if (read.text('METADATA').toLowerCase() === 'extra') return 'extra';
  return read.flag('METADATA') ? 'some' : 'none';
}

function turnsOf(read: Reader): ShimTurns {
  const held = read.file('STREAM_RELEASE_FILE') !== '';
  const calls = read.whole('TOOL_CALL_COUNT', 1, 1);
  read.whole('TOOL_ARGUMENT_CHUNK_SIZE', 0);
  return {
    mode: read.one('MODE', shimModes),
    finish: finishOf(read),
    calls,
    burst: read.whole('TOOL_BURST_COUNT', calls, 1),
    choices: read.whole('CHOICE_COUNT', 2, 1),
    callingChoices: choicesOf(read),
    argument: read.text('TOOL_ARGUMENT') || '{"id":"42"}',
    xmlChunkBytes: read.whole('TOOL_XML_CHUNK_SIZE', 0),
    emitXml: read.flag('EMIT_TEXTUAL_XML'),
    truncateXml: read.flag('TRUNCATE_TOOL_XML'),
    abortAfterXml: read.flag('ABORT_AFTER_TOOL_XML'),
    exitAfterCall: read.flag('ERROR_AFTER_FIRST_TOOL'),
    parallel: read.flag('PARALLEL', true),
    metadata: metadataOf(read),
    hang: read.one('JSONRPC_HANG', ['message']) !== null,
    skipFinish: read.flag('SKIP_FINISH_ON_DISCONNECT'),
    exitCode: read.whole('WORKER_EXIT_CODE', 0),
    intervalMs: read.whole('STREAM_INTERVAL_MS', 100),
    ticks: held ? read.whole('STREAM_RELEASE_MAX_TICKS', 10_000, 1) : read.whole('STREAM_TICKS', 50, 1),
    hangMs: read.whole('STREAM_HANG_MS', 10_000),
    held,
  };
}

export function readShimSettings(env: Environment): ShimSettings {
  const read = new Reader(env);
  const set = (name: string): boolean => read.text(name) !== '';
  const turns = turnsOf(read);
  const process: ShimProcess = {
    skipReady: read.flag('SKIP_READY'),
    readyDelayMs: read.whole('WORKER_READY_DELAY_MS', 20),
    heartbeatMs: read.whole('WORKER_HEARTBEAT_MS', 0),
    autoExitMs: read.whole('WORKER_AUTOEXIT_MS', 0),
    exitCode: turns.exitCode,
    shutdownDelayMs: read.whole('WORKER_SHUTDOWN_DELAY_MS', 20),
    capture: off.has(read.text('CAPTURE_RPCS')) ? '' : read.text('CAPTURE_RPCS'),
    readyFile: read.file('STREAM_READY_FILE'),
    releaseFile: read.file('STREAM_RELEASE_FILE'),
    pidFile: read.file('CHILD_PID_FILE'),
  };
  const any = [...aboutTurns, ...aboutProcess].some(set) || files.some((name) => read.file(name) !== '');
  const unauthorized = read.flag('UNAUTHORIZED');
  if (set('MODE') && (set('SCENARIO') || set('DELTAS')))
    throw new Error('FAKE_CODEX_MODE excludes FAKE_CODEX_SCENARIO and FAKE_CODEX_DELTAS');
  return {
    turns: aboutTurns.some(set) ? turns : null,
    process: any ? process : null,
    handshake: read.one('HANDSHAKE_MODE', ['timeout', 'error', 'exit']),
    unauthorized,
    authUrl: read.text('AUTH_URL') || (unauthorized ? 'https://example.com/fake-login?source=codex' : null),
    loginId: read.text('LOGIN_ID') || (unauthorized ? 'login-fake-123' : null),
    supervised: ['true', '1'].includes(read.file('CODEX_WORKER_SUPERVISED')),
  };
}
