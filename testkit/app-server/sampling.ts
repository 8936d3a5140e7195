/**
 * One sampling: the events that the fake model provider would send, turned into what the real CLI makes of them. So both
 * test doubles share every scenario, and only the translation, which is the CLI's own part, is written here.
 * Invariant: nothing behind the first terminal event of a sampling is looked at.
 */
import type { Headers, Step as ProviderStep } from '../provider/steps.ts';
import {
  disconnected,
  failedError,
  filterGuidance,
  isOutOfContext,
  isUsageLimit,
  lengthLimit,
  statusError,
} from './failures.ts';
import type { Json, JsonObject, TurnError } from './lines.ts';
import type { Step } from './script.ts';
import { asObject, asString } from './serde.ts';
import { contextWindowTokens, usageNone } from './usage.ts';
import type { Usage } from './usage.ts';

export interface SamplingContext {
  readonly model: string;
  /** Null: the provider names none. */
  readonly requestId: string | null;
}

const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

export function readUsage(metadata: JsonObject): Usage {
  return {
    input: number(metadata['input_tokens']),
    cached: number(asObject(metadata['input_tokens_details'])['cached_tokens']),
    output: number(metadata['output_tokens']),
    reasoning: number(asObject(metadata['output_tokens_details'])['reasoning_tokens']),
  };
}

/** The end of a failed turn; `streamed` is whether the provider had answered with a stream. */
export function* failing(error: TurnError, streamed: boolean): Generator<Step> {
  if (streamed) yield { do: 'limits' };
  if (isOutOfContext(error)) {
    yield { do: 'usage', usage: usageNone, last: 'same', invented: contextWindowTokens };
    if (streamed) yield { do: 'limits' };
  }
  yield { do: 'error', error, retry: false };
  yield { do: 'complete', status: 'failed', error };
}

function window(headers: Headers, name: string): JsonObject | null {
  const value = (member: string): number => Number(headers[`x-codex-${name}-${member}`] ?? Number.NaN);
  const usedPercent = value('used-percent');
  if (Number.isNaN(usedPercent)) return null;
  return { usedPercent, windowDurationMins: value('window-minutes'), resetsAt: value('reset-at') };
}

function* rerouted(headers: Headers, model: string): Generator<Step> {
  const [primary, secondary] = [window(headers, 'primary'), window(headers, 'secondary')];
  if (primary !== null || secondary !== null) yield { do: 'windows', primary, secondary };
  const toModel = headers['openai-model'];
  if (toModel === undefined || toModel === model) return;
  const params = { fromModel: model, toModel, reason: 'highRiskCyberActivity' };
  yield { do: 'notify', method: 'model/rerouted', params, scope: 'turn' };
  const message = `Your account was flagged for potentially high-risk cyber activity and this request was routed to gpt-5.2 as a fallback. To regain access to gpt-5.3-codex, apply for trusted access: https://chatgpt.com/cyber or learn more: https://developers.openai.com/codex/concepts/cyber-safety`;
  yield { do: 'notify', method: 'warning', params: { message }, scope: 'thread' };
}

const texts = (parts: Json | undefined): string =>
  Array.isArray(parts) ? parts.map((part) => asString(asObject(part)['text'])).join('') : '';

function* finished(item: JsonObject, open: boolean): Generator<Step> {
  const content = item['content'];
  const id = asString(item['id']);
  switch (item['type']) {
    case 'message': {
      const parts = Array.isArray(content) ? (content as readonly JsonObject[]) : [];
      if (parts.some((part) => part['type'] === 'refusal')) return;
      const text = texts(parts);
      if (!open) yield { do: 'open', id, text, ...(typeof item['phase'] === 'string' ? { phase: item['phase'] } : {}) };
      return yield { do: 'close', text, content: parts };
    }
    case 'reasoning': {
      const encrypted = item['encrypted_content'];
      return yield { do: 'reasoned', encrypted: typeof encrypted === 'string' ? encrypted : null };
    }
    case 'function_call':
    case 'custom_tool_call': {
      const custom = item['type'] === 'custom_tool_call';
      const namespace = item['namespace'];
      return yield {
        do: 'call',
        name: asString(item['name']),
        arguments: asString(item[custom ? 'input' : 'arguments']),
        id,
        callId: asString(item['call_id']),
        custom,
        ...(typeof namespace === 'string' ? { namespace } : {}),
      };
    }
    case 'web_search_call':
      return yield { do: 'search', id, query: asString(asObject(item['action'])['query']) };
    default:
      return yield { do: 'raw', item };
  }
}

export function* incomplete(response: JsonObject): Generator<Step> {
  const reason = asString(asObject(response['incomplete_details'])['reason']);
  if (reason === 'max_output_tokens') {
    yield { do: 'usage', usage: readUsage(asObject(response['usage'])), last: 'zero' };
    return yield* failing(lengthLimit, true);
  }
  yield { do: 'limits' };
  if (reason === 'content_filter') yield { do: 'guide', text: filterGuidance, kind: 'generic.content_filter_guidance' };
  const error = disconnected(`Incomplete response returned, reason: ${reason}`);
  yield { do: 'error', error, retry: false };
  yield { do: 'complete', status: 'failed', error };
}

function* completed(response: JsonObject): Generator<Step> {
  const metadata = response['usage'];
  const known = typeof metadata === 'object' && metadata !== null;
  yield {
    do: 'sampled',
    id: asString(response['id']),
    usage: known ? readUsage(asObject(metadata)) : null,
    ...(known ? { metadata: asObject(metadata) } : {}),
  };
  yield { do: 'settle' };
  yield { do: 'complete', status: 'completed' };
}

export function* stepsOf(played: Iterable<ProviderStep>, { model, requestId }: SamplingContext): Generator<Step> {
  let streamed = false;
  let opened = '';
  for (const step of played) {
    if (step.step === 'answer') {
      // The usage limit comes with a snapshot of the windows, as a stream does.
      const told = step.status < 300 || isUsageLimit(step.body);
      return yield* failing(statusError(step.status, step.body, requestId), told);
    }
    if (step.step === 'headers') yield* rerouted(step.headers, model);
    if (step.step === 'wait') yield { do: 'sleep', ms: step.ms };
    if (step.step === 'barrier')
      yield { do: 'barrier', key: step.name, ...(step.of === undefined ? {} : { of: step.of }) };
    if (step.step === 'hang') return yield { do: 'hang' };
    if (step.step === 'break')
      return yield* failing(
        disconnected(
          streamed ? 'Transport error: network error: error decoding response body' : 'error sending request',
        ),
        streamed,
      );
    if (step.step !== 'event') continue;
    streamed = true;
    const event = step.event as unknown as JsonObject;
    const item = asObject(event['item']);
    const id = asString(item['id']);
    switch (step.event.type) {
      case 'response.output_item.added':
        opened = id;
        if (item['type'] === 'message')
          yield { do: 'open', id, ...(typeof item['phase'] === 'string' ? { phase: item['phase'] } : {}) };
        else if (item['type'] === 'reasoning') yield { do: 'reason', id };
        break;
      case 'response.output_text.delta':
        // A torn surrogate pair is not JSON to the CLI: it drops the event.
        if (event['item_id'] === opened && asString(event['delta']).isWellFormed())
          yield { do: 'delta', text: asString(event['delta']) };
        break;
      case 'response.reasoning_summary_part.added':
        yield { do: 'part' };
        break;
      case 'response.reasoning_summary_text.delta':
        yield { do: 'summary', text: asString(event['delta']) };
        break;
      case 'response.reasoning_text.delta':
        yield { do: 'thought', text: asString(event['delta']) };
        break;
      case 'response.output_item.done':
        yield* finished(item, opened === id);
        opened = '';
        break;
      case 'response.completed':
        return yield* completed(asObject(event['response']));
      case 'response.incomplete':
        return yield* incomplete(asObject(event['response']));
      case 'response.failed': {
        const error = asObject(asObject(event['response'])['error']);
        return yield* failing(failedError(asString(error['code']), asString(error['message'])), true);
      }
    }
  }
  yield* failing(disconnected('stream closed before response.completed'), true);
}
