/**
 * The response object: 33 members, always present and in one order, in every lifecycle event and as the body of a
 * request without streaming. What is said of the request is encoded once, also for those that say the same.
 */

import type { Echo } from '../actors/head.ts';
import type { ResponseLog } from '../actors/log.ts';
import { failureOf } from '../actors/log-entry.ts';
import { ByteTape } from '../actors/tape.ts';
import type { Usage } from '../actors/turn.ts';
import { responseError } from './failure-json.ts';
import { writeItem } from './item-json.ts';
import { responsesUsage } from './usage-json.ts';
import type { Describe } from './wording.ts';

const limits = ['instructions', 'max_output_tokens', 'max_tool_calls'] as const satisfies readonly (keyof Echo)[];
const settings = [
  'parallel_tool_calls',
  'previous_response_id',
  'prompt_cache_key',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'truncation',
] as const satisfies readonly (keyof Echo)[];
const labels = ['user', 'metadata'] as const satisfies readonly (keyof Echo)[];

const members = (echo: Echo, keys: readonly (keyof Echo)[]): string =>
  keys.map((key) => `,"${key}":${JSON.stringify(echo[key])}`).join('');

/** What is said of the request, as JSON between the members that differ from one response to the next. */
interface Said {
  readonly background: string;
  readonly limits: string;
  readonly settings: string;
  readonly labels: string;
}

const saidOf = (echo: Echo): Said => {
  const extra = Object.entries(echo.extra ?? {}).map(
    ([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  return {
    background: `,"background":${echo.background},"error":`,
    limits: `${members(echo, limits)},"model":`,
    settings: `]${members(echo, settings)},"usage":`,
    labels: `${members(echo, labels)},"access_programs":null${extra.join('')}}`,
  };
};

/** Every member the very same value, so that they say the same. */
const isSame = (one: Echo, other: Echo): boolean => {
  if (one.background !== other.background || one.extra !== other.extra) return false;
  for (const key of limits) if (one[key] !== other[key]) return false;
  for (const key of settings) if (one[key] !== other[key]) return false;
  for (const key of labels) if (one[key] !== other[key]) return false;
  return true;
};

/** Only of a short one: it stays in memory. */
const keptChars = 4_096;
let latest: { readonly echo: Echo; readonly said: Said } | null = null;

/** Most requests say what the one before has said, be it nothing: that is written once for all of them. */
const saidBy = (echo: Echo): Said => {
  if (latest !== null && isSame(latest.echo, echo)) return latest.said;
  const said = saidOf(echo);
  if (said.limits.length + said.settings.length + said.labels.length <= keptChars) latest = { echo, said };
  return said;
};

type Status = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** The members that change, as JSON. */
interface Moment {
  readonly status: Status;
  readonly completedAt: number | null;
  readonly error: string;
  readonly incompleteReason: string | null;
  readonly usage: Usage | null;
}

const open = (status: 'queued' | 'in_progress'): Moment => ({
  status,
  completedAt: null,
  error: 'null',
  incompleteReason: null,
  usage: null,
});

const momentOf = (log: ResponseLog, describe: Describe | undefined): Moment => {
  const { ending } = log;
  if (ending === null) return open(log.length === 0 && log.head.echo.background ? 'queued' : 'in_progress');
  const { outcome } = ending;
  return {
    status: outcome.type,
    completedAt: outcome.type === 'completed' ? ending.at : null,
    error: failureOf(outcome) === null ? 'null' : responseError(log, describe),
    incompleteReason: outcome.type === 'incomplete' ? outcome.reason : null,
    usage: ending.usage,
  };
};

/** Items that are not closed are left out: a failure drops the open one. */
const writeOutput = (log: ResponseLog, reveal: boolean, out: ByteTape): void => {
  let first = true;
  for (const item of log.items) {
    if (item.status === 'in_progress') continue;
    if (!first) out.write(',');
    first = false;
    writeItem(log, item, reveal, out);
  }
};

export interface EnvelopeOptions {
  /** With the encrypted content of reasoning; by default as its creator wished. */
  readonly reveal?: boolean | undefined;
  /** What is said of a failure; absent: what the catalogue says. */
  readonly describe?: Describe | undefined;
}

export class Envelope {
  readonly #log: ResponseLog;
  readonly #reveal: boolean;
  readonly #describe: Describe | undefined;
  readonly #said: Said;
  readonly #identity: string;
  readonly #model: string;
  #opened: { readonly status: Status; readonly text: string } | null = null;

  constructor(log: ResponseLog, { reveal = log.head.revealEncrypted, describe }: EnvelopeOptions = {}) {
    const { id, createdAt, model, echo } = log.head;
    this.#log = log;
    this.#reveal = reveal;
    this.#describe = describe;
    this.#said = saidBy(echo);
    this.#identity = `{"id":${JSON.stringify(id)},"object":"response","created_at":${createdAt},"completed_at":`;
    this.#model = JSON.stringify(model);
  }

  /** The response as its first events show it: nothing is there yet. */
  opened(status: 'queued' | 'in_progress'): string {
    if (this.#opened?.status !== status) {
      const moment = open(status);
      this.#opened = { status, text: `${this.#before(moment)}${this.#after(moment)}` };
    }
    return this.#opened.text;
  }

  /** The response as it is now, with `further` members. */
  writeCurrent(out: ByteTape, further = ''): void {
    const moment = momentOf(this.#log, this.#describe);
    out.write(this.#before(moment));
    writeOutput(this.#log, this.#reveal, out);
    const after = this.#after(moment);
    out.write(further === '' ? after : `${after.slice(0, -1)}${further}}`);
  }

  /** Up to the items. */
  #before({ status, completedAt, error, incompleteReason }: Moment): string {
    const { background, limits } = this.#said;
    const details = incompleteReason === null ? 'null' : `{"reason":"${incompleteReason}"}`;
    return (
      `${this.#identity}${completedAt},"status":"${status}"${background}${error},"incomplete_details":${details}` +
      `${limits}${this.#model},"output":[`
    );
  }

  #after({ usage }: Moment): string {
    const { settings, labels } = this.#said;
    return `${settings}${responsesUsage(usage)}${labels}`;
  }
}

/** So much of it stays for the next one. */
const keptScratchBytes = 65_536;
let scratch = new ByteTape();

const written = (write: (out: ByteTape) => void): string => {
  const out = scratch;
  out.clear();
  write(out);
  if (out.length > keptScratchBytes) scratch = new ByteTape();
  return out.view().toString('utf8');
};

const current = (log: ResponseLog, further: string, options?: EnvelopeOptions): string =>
  written((out) => new Envelope(log, options).writeCurrent(out, further));

/** The response in its current state; `reveal`: with the encrypted content of reasoning, by default as its creator wished. */
export const responseObject = (log: ResponseLog, reveal?: boolean): string => current(log, '', { reveal });

/** The items of the answer with all that they hold, as an array. */
export const outputJson = (log: ResponseLog): string => `[${written((out) => writeOutput(log, true, out))}]`;

/** The body of a request without streaming; `created` is the predecessor's alias of `created_at`. */
export const responseBody = (log: ResponseLog, describe?: Describe): string =>
  current(log, `,"created":${log.head.createdAt}`, { describe });
