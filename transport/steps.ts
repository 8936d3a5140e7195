/** The parameters of a turn's requests, and what a refused one means for the client. */

import type { Turn } from '../actors/turn.ts';
import type { Failure } from '../machines/outcome.ts';
import { clientText } from './codex-errors.ts';
import { member } from './json.ts';
import { denial } from './own-tools.ts';
import type { Powers } from './powers.ts';
import type { RpcFailure } from './rpc-request.ts';

/** Empty base instructions are not the same as none: where there are none, the CLI puts its own prompt before the client's. */
export const threadStart = (turn: Turn, powers: Powers) => ({
  model: turn.model,
  ephemeral: !powers.persistThreads,
  baseInstructions: turn.baseInstructions ?? '',
  approvalPolicy: powers.approvalPolicy,
  sandbox: powers.sandbox,
  // Own tools work in the environment that the CLI takes by itself.
  ...(powers.ownTools ? {} : { environments: [] }),
  experimentalRawEvents: true,
  ...(turn.tools === undefined || turn.tools.length === 0
    ? {}
    : { dynamicTools: turn.tools.map((tool) => ({ type: 'function', ...tool })) }),
  ...(turn.serviceTier === undefined ? {} : { serviceTier: turn.serviceTier }),
  ...(turn.verbosity === undefined ? {} : { config: { model_verbosity: turn.verbosity } }),
});

export const injectItems = (threadId: string, { items }: Turn, { ownToolsDenied }: Powers) => ({
  threadId,
  items: ownToolsDenied ? [denial, ...items] : items,
});

export const turnStart = (threadId: string, turn: Turn) => ({
  threadId,
  input: [],
  ...(turn.effort === undefined ? {} : { effort: turn.effort }),
  ...(turn.summary === undefined ? {} : { summary: turn.summary }),
  ...(turn.outputSchema === undefined ? {} : { outputSchema: turn.outputSchema }),
});

/** The CLI decodes them while they are injected, and makes large ones smaller: that takes longer than their bytes say. */
export const imageCount = ({ items }: Turn): number => {
  let images = 0;
  const look = (parts: unknown): void => {
    if (!Array.isArray(parts)) return;
    for (const part of parts) if (member(part, 'type') === 'input_image') images += 1;
  };
  for (const item of items) {
    look(item['content']);
    look(item['output']);
  }
  return images;
};

/** Messages behind which stands a mistake of ours, or a race. */
const ours = /not found|not initialized|unknown variant|already initialized|experimentalApi/iu;
/** The system refused the worker something: it has no descriptors left, or its disk is full. No client can help that. */
const starved = /\(os error \d+\)/u;
/** What a client can get wrong in `thread/start`. */
const theirs = /tool|schema|failed to load configuration|service ?tier|verbosity/iu;

export const isStarved = (failure: RpcFailure): boolean => failure.kind === 'refused' && starved.test(failure.message);

/** The code -32600 stands for nearly everything, so the step and the words decide. */
export const stepFailure = (method: string, failure: RpcFailure): Failure => {
  if (failure.kind === 'expired') return { code: 'worker_request_timeout' };
  if (failure.kind === 'busy') return { code: 'worker_busy' };
  const { code, message } = failure;
  // Without the message: it names files of this machine.
  if (isStarved(failure)) return { code: 'worker_not_ready' };
  const invalid = code === -32600 || code === -32602;
  const client = invalid && !ours.test(message) && (method !== 'thread/start' || theirs.test(message));
  const text = clientText(message);
  return { code: client ? 'bad_request' : 'worker_error', ...(text === '' ? {} : { message: text }) };
};
