/**
 * What the operator's log says of a request before it is run: who seems to ask, under which name its client knows it, and what was
 * changed. Never a word of the prompt.
 */

import type { Journal } from '../actors/seams.ts';
import type { Admission } from './admission.ts';
import { copilotTraceId, type CopilotVerdict } from './copilot.ts';
import type { Exchange } from './exchange.ts';

/** Once the body could be read, also when the request is refused afterwards; nothing where there is nothing to say. */
export const noteClient = (journal: Journal, { id, head }: Exchange, { tier, reasons }: CopilotVerdict): void => {
  const traceId = copilotTraceId(head.header, id);
  if (tier === null && traceId === id) return;
  journal.info('client_detected', {
    request: id,
    copilot_detected: tier !== null,
    copilot_detect_tier: tier,
    copilot_detect_reasons: reasons,
    copilot_trace_id: traceId,
  });
};

const printable = /^[\x21-\x7e]{1,512}$/;

export const noteRequest = (journal: Journal, { id, head }: Exchange, admission: Admission): void => {
  const client = head.header('x-client-request-id');
  // Logged only: to the client the request has the name that we gave it.
  if (printable.test(client)) journal.info('client_request', { request: id, client });
  const { clampedFrom, guarded, titleModel } = admission;
  const { model, effort } = admission.request.turn;
  if (guarded) journal.info('ingress_guardrail_injected', { request: id });
  // Without the title's own words, and under one name for both endpoints.
  if (titleModel !== null) {
    journal.info('title_summary_intercept', { request: id, model, effort: effort ?? null });
  }
  if (clampedFrom !== null) {
    journal.info('effort_clamped', { request: id, model, asked: clampedFrom.slice(0, 64), effort: effort ?? null });
  }
};
