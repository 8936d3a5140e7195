/**
 * What the operator's log says of a request before it is run: who seems to ask, under which name its client knows it, and what was
 * changed. Never a word of the prompt.
 */

import type { Journal } from '../actors/seams.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { Admission } from './admission.ts';
import { copilotTrace, type CopilotVerdict } from './copilot.ts';
import type { Exchange } from './exchange.ts';
import { ingressShape } from './ingress-shape.ts';
import { quotable } from './requests/well-formed.ts';

/** Once the body could be read, also when the request is refused afterwards; nothing where there is nothing to say. */
export const noteClient = (journal: Journal, { id, head }: Exchange, { tier, reasons }: CopilotVerdict): void => {
  const { copilot_trace_id: traceId } = copilotTrace(head.header, id);
  if (tier === null && traceId === id) return;
  journal.info('client_detected', {
    req_id: id,
    copilot_detected: tier !== null,
    copilot_detect_tier: tier,
    copilot_detect_reasons: reasons,
    copilot_trace_id: traceId,
  });
};

/** Once the body could be read: its shape. */
export const noteIngress = (
  journal: Journal,
  { id, head }: Exchange,
  body: JsonObject,
  verdict: CopilotVerdict,
): void =>
  journal.info('responses_ingress_raw', {
    req_id: id,
    stream: Boolean(body['stream']),
    output_mode: quotable(head.header('x-proxy-output-mode'), 64) || null,
    copilot_detected: verdict.tier !== null,
    copilot_detect_tier: verdict.tier,
    copilot_detect_reasons: verdict.reasons,
    copilot_trace_id: copilotTrace(head.header, id).copilot_trace_id,
    ...ingressShape(body),
  });

const noteTools = (journal: Journal, id: string, stream: boolean, { request }: Admission): void => {
  const { items, tools = [], model } = request.turn;
  const { tools: sent } = request.echo;
  const tool_count = Array.isArray(sent) ? sent.length : 0;
  journal.info('responses_ingress_normalized', {
    req_id: id,
    endpoint_mode: 'responses',
    model,
    stream,
    input_item_count: items.length,
    has_tools: tool_count > 0,
    tool_count,
  });
  const mismatch = tool_count !== tools.length;
  journal.info('responses_tools_projection', {
    req_id: id,
    ingress_tool_count: tool_count,
    turn_tool_count: tools.length,
    mismatch,
  });
};

const printable = /^[\x21-\x7e]{1,512}$/;

export const noteRequest = (
  journal: Journal,
  { id, head }: Exchange,
  endpoint: 'chat' | 'responses',
  admission: Admission,
): void => {
  const client = head.header('x-client-request-id');
  // Logged only: to the client the request has the name that we gave it.
  if (printable.test(client)) journal.info('client_request', { req_id: id, client_request_id: client });
  const { clampedFrom, guarded, titleModel } = admission;
  const { streaming, turn } = admission.request;
  const { model, effort } = turn;
  if (endpoint === 'responses') noteTools(journal, id, streaming, admission);
  if (guarded) journal.info('ingress_guardrail_injected', { req_id: id });
  // Without the title's own words.
  if (titleModel !== null) {
    journal.info(`${endpoint}_title_summary_intercept`, { req_id: id, model, effort: effort ?? null });
  }
  if (clampedFrom !== null) {
    journal.info('effort_clamped', { req_id: id, model, asked: clampedFrom.slice(0, 64), effort: effort ?? null });
  }
};
