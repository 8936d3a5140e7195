/**
 * What spans say, under the names of the OpenTelemetry conventions (HTTP as they were and as they are, GenAI) and our own. Invariant:
 * everything is short, and nothing is a word of prompt, answer, query or key.
 */

import type { Happenings } from '../actors/diagnostics.ts';
import type { SpanFacts } from '../actors/span.ts';
import type { Usage } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { Accounted } from './accounted.ts';
import type { HttpHappenings, RequestTold } from './happenings.ts';
import { addressText } from './ip-address.ts';
import { quotable } from './requests/well-formed.ts';

const methodCharsMax = 32;
const pathCharsMax = 256;
const agentCharsMax = 256;

/** Those that are known. */
const known = (facts: Readonly<Record<string, SpanFacts[string] | null>>): SpanFacts =>
  Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, SpanFacts[string]] => fact[1] !== null));

export function requestFacts(over: HttpHappenings['request.over'], account: Accounted | null): SpanFacts {
  const { head, route, status } = over;
  const method = head.method.slice(0, methodCharsMax);
  const path = quotable(head.path, pathCharsMax);
  const address = addressText(head.client);
  const agent = quotable(head.header('user-agent'), agentCharsMax);
  return known({
    'http.method': method,
    'http.request.method': method,
    'http.route': route,
    'http.target': path,
    'url.path': path,
    'net.peer.ip': address,
    'client.address': address,
    'http.status_code': status,
    'http.response.status_code': status,
    'user_agent.original': agent === '' ? null : agent,
    'error.type': over.errorCode,
    'codex.request.id': over.id,
    'proxy.mode': account?.mode ?? null,
    'proxy.outcome': account?.outcome ?? null,
    'proxy.first_content_ms': account?.firstContentMs ?? null,
  });
}

/** What became of one response, or of one choice. */
export interface Invocation {
  readonly response: ResponseId;
  readonly choice: number;
  readonly lease: { readonly slot: Slot; readonly epoch: Epoch } | null;
  readonly names: Happenings['turn.bound'] | null;
  readonly ended: Happenings['response.ended'];
}

const finishOf = (outcome: Outcome, calls: number): string | null => {
  if (outcome.type === 'completed') return calls > 0 ? 'tool_calls' : 'stop';
  if (outcome.type !== 'incomplete') return null;
  return outcome.reason === 'content_filter' ? 'content_filter' : 'length';
};

const usageFacts = (usage: Usage | null) => ({
  'gen_ai.usage.input_tokens': usage?.inputTokens ?? null,
  'gen_ai.usage.output_tokens': usage?.outputTokens ?? null,
  'gen_ai.usage.cache_read.input_tokens': usage?.cachedInputTokens ?? null,
  'gen_ai.usage.reasoning.output_tokens': usage?.reasoningOutputTokens ?? null,
});

export function invocationFacts(
  { response, choice, lease, names, ended }: Invocation,
  request: Pick<RequestTold, 'id' | 'route'>,
  account: Accounted | null,
  backendMode: string,
): SpanFacts {
  const { outcome, usage, calls } = ended;
  const finish = finishOf(outcome, calls);
  const model = account?.effectiveModel ?? null;
  const isChat = request.route === '/v1/chat/completions';
  return known({
    'proxy.route': request.route,
    'proxy.mode': account?.mode ?? null,
    'proxy.backend_mode': backendMode,
    'proxy.model.effective': model,
    'proxy.backend.outcome': outcome.type,
    'proxy.choice': choice,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': account?.requestedModel ?? model,
    'gen_ai.response.model': model,
    // The first choice gives its name to a whole chat completion.
    'gen_ai.response.id': isChat ? `chatcmpl-${response.replace(/^resp_/, '')}` : response,
    'gen_ai.response.finish_reasons': finish === null ? null : [finish],
    ...usageFacts(usage),
    'error.type': outcome.type === 'failed' ? outcome.failure.code : null,
    'codex.request.id': request.id,
    'codex.response.id': response,
    'codex.thread.id': names?.threadId ?? null,
    'codex.turn.id': names?.turnId ?? null,
    'codex.upstream.id': names?.upstreamId ?? null,
    'codex.worker.slot': lease?.slot ?? null,
    'codex.worker.epoch': lease?.epoch ?? null,
  });
}
