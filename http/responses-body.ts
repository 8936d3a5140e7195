/**
 * The response object: 33 members, always present and in one order, in every lifecycle event and as the body of a
 * request without streaming. What does not change while the response is produced is encoded once per envelope.
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

type Status = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** The members that change, as JSON. */
interface Moment {
  readonly status: Status;
  readonly completedAt: number | null;
  readonly error: string;
  readonly incompleteReason: string | null;
  readonly usage: Usage | null;
  readonly hasOutput: boolean;
}

const open = (status: 'queued' | 'in_progress', hasOutput: boolean): Moment => ({
  status,
  completedAt: null,
  error: 'null',
  incompleteReason: null,
  usage: null,
  hasOutput,
});

const momentOf = (log: ResponseLog, describe: Describe | undefined): Moment => {
  const { ending } = log;
  if (ending === null) return open(log.length === 0 && log.head.echo.background ? 'queued' : 'in_progress', true);
  const { outcome } = ending;
  return {
    status: outcome.type,
    completedAt: outcome.type === 'completed' ? ending.at : null,
    error: failureOf(outcome) === null ? 'null' : responseError(log, describe),
    incompleteReason: outcome.type === 'incomplete' ? outcome.reason : null,
    usage: ending.usage,
    hasOutput: true,
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
  readonly #identity: Buffer;
  readonly #background: Buffer;
  readonly #limits: Buffer;
  readonly #settings: Buffer;
  readonly #labels: Buffer;

  constructor(log: ResponseLog, { reveal = log.head.revealEncrypted, describe }: EnvelopeOptions = {}) {
    const { id, createdAt, model, echo } = log.head;
    const extra = Object.entries(echo.extra ?? {}).map(
      ([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`,
    );
    this.#log = log;
    this.#reveal = reveal;
    this.#describe = describe;
    this.#identity = Buffer.from(
      `{"id":${JSON.stringify(id)},"object":"response","created_at":${createdAt},"completed_at":`,
    );
    this.#background = Buffer.from(`,"background":${echo.background},"error":`);
    this.#limits = Buffer.from(`${members(echo, limits)},"model":${JSON.stringify(model)},"output":[`);
    this.#settings = Buffer.from(`]${members(echo, settings)},"usage":`);
    this.#labels = Buffer.from(`${members(echo, labels)},"access_programs":null${extra.join('')}`);
  }

  /** The response as its first events show it: nothing is there yet. */
  writeOpen(status: 'queued' | 'in_progress', out: ByteTape): void {
    this.#write(open(status, false), out);
    out.write('}');
  }

  /** The response as it is now. */
  writeCurrent(out: ByteTape, further = ''): void {
    this.#write(momentOf(this.#log, this.#describe), out);
    out.write(`${further}}`);
  }

  #write(moment: Moment, out: ByteTape): void {
    const { status, completedAt, error, incompleteReason, usage } = moment;
    out.copy(this.#identity);
    out.write(`${completedAt},"status":"${status}"`);
    out.copy(this.#background);
    out.write(`${error},"incomplete_details":${incompleteReason && `{"reason":"${incompleteReason}"}`}`);
    out.copy(this.#limits);
    if (moment.hasOutput) writeOutput(this.#log, this.#reveal, out);
    out.copy(this.#settings);
    out.write(responsesUsage(usage));
    out.copy(this.#labels);
  }
}

const written = (write: (out: ByteTape) => void): string => {
  const out = new ByteTape();
  write(out);
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
