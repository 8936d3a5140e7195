/**
 * What a worker may be made to do with one turn, and what its client must then see. Every kind names a scenario of the fake
 * app-server; the truth is declared here and never computed from what the runtime did. Invariant: texts that a script can be
 * told to say hold the tag of their response, so a word of one client in the answer of another cannot be missed.
 */

import type { FailureCode } from '../../machines/outcome.ts';
import type { Random } from '../app-server/random.ts';
import { marker, type SpecValues } from '../provider/scenario.ts';

/** An outcome in one word: `completed`, `incomplete`, `cancelled`, or the code of a failure. */
export type OutcomeName = 'completed' | 'incomplete' | 'cancelled' | FailureCode;

export interface TurnPlan {
  readonly kind: string;
  /** A fault of the worker or its provider, not just an unusual answer. */
  readonly fault: boolean;
  readonly marker: string;
  /** Text of each message of a whole answer. */
  readonly messages: readonly string[];
  /** Arguments of each call of a whole answer. */
  readonly calls: readonly string[];
  /** How the response may end when nothing else goes wrong. */
  readonly outcomes: readonly OutcomeName[];
  /** The script disturbs its own process, or the requests of other turns. */
  readonly disturbs: boolean;
}

interface Told extends Partial<Omit<TurnPlan, 'kind' | 'fault' | 'marker'>> {
  readonly scenario: string;
  readonly params?: SpecValues;
}

type Maker = (text: string, random: Random) => Told;

const oneOf = <T>(random: Random, ...values: readonly T[]): T => values[random.below(values.length)] as T;

/** What overlap removal, trimming and byte-wise decoding would spoil. */
const words = [
  'ha',
  'ha',
  'ha',
  ' ',
  '  ',
  '100',
  '1',
  '\n',
  '\n\n',
  '- a',
  'bal',
  'loon ',
  ' is 1',
  '👩‍👧',
  'ü',
  '"',
  '\\',
  '\u2028',
];

export const textOf = (tag: string, random: Random): string => {
  let text = `<${tag}>`;
  for (let left = random.below(12); left > 0; left -= 1) text += oneOf(random, ...words);
  return `${text}</${tag}>`;
};

/** Deltas come at once, or spread over time. */
const pace = (random: Random): SpecValues => ({
  cut: oneOf(random, 'points', `seed:${random.below(1_000)}`, `seed:${random.below(1_000)}`),
  ...(random.chance(0.6) ? { delay: oneOf(random, 1, 7, 60, 400) } : {}),
});

const whole =
  (scenario: string): Maker =>
  (text, random) => ({ scenario, params: { text, ...pace(random) }, messages: [text] });

/** A misdeed script says its text in at most `n` deltas, all at once. */
const said =
  (scenario: string, params: SpecValues = {}, more: Partial<Told> = {}): Maker =>
  (text) => ({ scenario, params: { text, n: 4, ...params }, messages: [text], ...more });

const fixed =
  (scenario: string, messages: readonly string[], params: SpecValues = {}, more: Partial<Told> = {}): Maker =>
  () => ({ scenario, params, messages, ...more });

const failing = (outcome: OutcomeName): Partial<Told> => ({ outcomes: [outcome] });

const usual: Readonly<Record<string, Maker>> = {
  text: whole('text'),
  reason: (text, random) => ({
    scenario: 'reason',
    params: { text, raw: true, delay: random.below(50) },
    messages: [text],
  }),
  two_messages: (text, random) => ({
    scenario: 'text',
    params: { text, msgs: 'commentary,final_answer', ...pace(random) },
    messages: [text, text],
  }),
  call: (text, random) => {
    const count = 1 + random.below(3);
    const args = JSON.stringify({ id: text });
    const say = random.chance(0.5) ? { say: text } : {};
    return {
      scenario: 'tool',
      params: { calls: count, name: oneOf(random, 'lookup', 'unknown_tool'), args, ...say },
      messages: 'say' in say ? [text] : [],
      calls: Array.from({ length: count }, () => args),
    };
  },
  custom_call: (text) => ({ scenario: 'customtool', params: { input: text }, calls: [text] }),
  search: whole('websearch'),
  no_deltas: said('nodelta'),
  late_headers: (text, random) => ({
    scenario: 'slowheaders',
    params: { text, ms: random.below(8_000) },
    messages: [text],
  }),
  no_usage: said('nousage'),
  empty: fixed('empty', ['']),
  refusal: fixed('refusal', ['']),
};

const upstream: Readonly<Record<string, Maker>> = {
  'provider.status': (_, random) => {
    const [kind, outcome] = oneOf(
      random,
      ['rate', 'rate_limit_exceeded'] as const,
      ['usage', 'insufficient_quota'] as const,
      ['quota', 'insufficient_quota'] as const,
      ['context', 'context_length_exceeded'] as const,
      ['model', 'model_not_found'] as const,
      ['overloaded', 'server_is_overloaded'] as const,
    );
    return { scenario: 'status', params: { kind }, ...failing(outcome) };
  },
  'provider.failed': (text) => ({
    scenario: 'failed',
    params: { code: 'rate_limit_exceeded', text, n: 2 },
    messages: [text],
    outcomes: ['rate_limit_exceeded'],
  }),
  'provider.cut': said('cut', { n: 2 }, failing('stream_disconnected')),
  'provider.no_end': said('noterminal', { n: 2 }, failing('stream_disconnected')),
  'provider.length': said('incomplete', {}, failing('incomplete')),
  'provider.filter': said('incomplete', { reason: 'content_filter' }, failing('incomplete')),
  'provider.silent': fixed('hangheaders', [], {}, failing('idle_timeout')),
  'provider.stalls': said('hangmid', { n: 2 }, failing('idle_timeout')),
  'provider.gone': fixed('reset', [], {}, failing('stream_disconnected')),
  'provider.junk': whole('malformed'),
  'provider.repeats_end': said('twice'),
  'provider.unannounced': said('doneonly'),
  'provider.unfinished': said('nodone'),
  'provider.anonymous': fixed('deltasonly', ['']),
};

const misdeeds: Readonly<Record<string, Maker>> = {
  'turn.answered_last': said('answerlast'),
  'turn.unanswered': fixed('noanswer', [], {}, failing('worker_request_timeout')),
  'turn.refused': fixed('refuse', [], { code: '32600' }, failing('bad_request')),
  'turn.unended': said('noturnend'),
  'turn.unsampled': said('nosampling', {}, failing('idle_timeout')),
  'turn.ended_twice': said('twicecompleted'),
  'turn.aborted': said('aborted', {}, failing('upstream_error')),
  'turn.error_only': said('erroronly', { kind: 'usageLimitExceeded' }, failing('insufficient_quota')),
  'turn.error': fixed('error', [], { kind: 'badRequest' }, failing('bad_request')),
  'turn.retried': fixed('retryrepeat', ['Hello, world.'], { n: 0, times: 2 }),
  'turn.repeated': fixed(
    'retryrepeat',
    [],
    { text: 'Hello', n: 2 },
    { messages: ['Hello'], outcomes: ['stream_disconnected'] },
  ),
  'turn.compacted': said('compaction'),
  'turn.stuck': said('stuck', {}, { outcomes: ['idle_timeout'], disturbs: true }),
  'item.closed_twice': said('closetwice'),
  'item.closed_first': fixed('closefirst', ['Hello world']),
  'item.disagrees': fixed('mismatch', ['Hello']),
  'item.goes_further': fixed('suffix', ['Hello world']),
  // The second raw form has an id of its own: to us it is another message, without text.
  'item.raw_twice': (text) => ({ scenario: 'rawtwice', params: { text, n: 4 }, messages: [text, ''] }),
  'delta.odd': fixed('odddeltas', ['x']),
  'delta.torn': (text) => ({ scenario: 'torn', params: { text }, messages: [text] }),
  'delta.late': (text, random) => ({
    scenario: 'latedelta',
    params: { text, n: 4, ms: random.below(700) },
    messages: [text],
  }),
  'delta.unknown_thread': said('crossthread', { kind: 'unknown' }),
  'delta.no_thread': said('crossthread', { kind: 'none' }),
  'usage.late': said('usagelate'),
  'usage.twice': said('usagetwice'),
  'line.garbage': said('garbage'),
  'line.bad_utf8': said('badutf8'),
  'line.crlf': said('crlf'),
  'line.noise': said('noise'),
  'line.lost': (text, random) => ({
    scenario: 'drop',
    params: { text, n: 4, times: 1 + random.below(2) },
    messages: [text],
  }),
  'request.asks': said('approval'),
  'request.overloaded': (_, random) => ({
    scenario: 'overload',
    params: { kind: oneOf(random, 'turn/start', 'thread/unsubscribe'), times: 1 + random.below(3) },
    messages: ['Hello from fake-codex.'],
    disturbs: true,
  }),
  'request.ignored': (_, random) => ({
    scenario: 'ignore',
    params: { kind: oneOf(random, 'turn/start', 'turn/interrupt', 'thread/unsubscribe'), times: 1 },
    messages: ['Hello from fake-codex.'],
    outcomes: ['completed', 'worker_request_timeout'],
    disturbs: true,
  }),
  'process.exits': (text, random) => ({
    scenario: 'exit',
    params: { text, n: random.below(4), ...(random.chance(0.5) ? { code: '0' } : { how: 'SIGSEGV' }) },
    messages: [text],
    outcomes: ['worker_exited'],
    disturbs: true,
  }),
  'process.exits_in_line': said('exithalf', { n: 2 }, { outcomes: ['worker_exited'], disturbs: true }),
  'process.exits_after_call': (text) => ({
    scenario: 'exit',
    params: { done: true, name: 'lookup', args: JSON.stringify({ id: text }) },
    calls: [JSON.stringify({ id: text })],
    disturbs: true,
  }),
  'process.closes_stdout': said('closestdout', {}, { outcomes: ['worker_exited'], disturbs: true }),
};

const faults = { ...upstream, ...misdeeds };

export const usualKinds: readonly string[] = Object.keys(usual);
export const faultKinds: readonly string[] = Object.keys(faults);
/** Kinds that end their process: they are bounded in number, or nothing else would ever happen. */
export const deadly = (kind: string): boolean => kind.startsWith('process.');

/** The turn of that kind for the response with that tag. */
export const planTurn = (kind: string, tag: string, random: Random): TurnPlan => {
  const make = usual[kind] ?? faults[kind];
  if (make === undefined) throw new Error(`no such turn: ${kind}`);
  const { scenario, params, ...told } = make(textOf(tag, random), random);
  return {
    kind,
    fault: Object.hasOwn(faults, kind),
    marker: `${tag} ${marker(scenario, params)}`,
    messages: [],
    calls: [],
    outcomes: ['completed'],
    disturbs: false,
    ...told,
  };
};
