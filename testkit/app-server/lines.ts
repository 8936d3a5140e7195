/**
 * The shapes that `codex app-server` 0.169.0 writes: envelopes, items, turns, usage. Invariant: members and their order
 * are those of the real binary, and a line is what `JSON.stringify` makes of it.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = { readonly [member: string]: Json };
export type RequestId = number | string;

export const response = (id: RequestId, result: Json): string => JSON.stringify({ id, result });

export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

export const refusal = (id: RequestId, { code, message, data }: Refusal): string =>
  JSON.stringify({ error: data === undefined ? { code, message } : { code, data, message }, id });

export const invalid = (message: string): Refusal => ({ code: -32600, message });

export const notification = (method: string, params: Json, nowMs: number): string =>
  JSON.stringify({ method, params, emittedAtMs: nowMs });

export const serverRequest = (method: string, id: RequestId, params: Json): string =>
  JSON.stringify({ method, id, params });

/** All of a delta line before its text: streams differ only in what follows, so it is built once an item. */
export const deltaHead = (threadId: string, turnId: string, itemId: string): string =>
  `{"method":"item/agentMessage/delta","params":{"threadId":${JSON.stringify(threadId)},"turnId":"${turnId}","itemId":"${itemId}","delta":`;

export const deltaTail = (nowMs: number): string => `},"emittedAtMs":${nowMs}}`;

/** Times of an item; `completedAtMs` null while it is open. */
export interface Span {
  readonly startedAtMs: number;
  readonly completedAtMs: number | null;
}

export const agentMessage = (id: string, text: string, phase: string | null, span: Span): JsonObject => ({
  type: 'agentMessage',
  moderation: null,
  id,
  text,
  phase,
  memoryCitation: null,
  delivery: null,
  questions: null,
  ...span,
});

export const userMessage = (id: string, text: string, span: Span): JsonObject => ({
  type: 'userMessage',
  id,
  clientId: null,
  content: [{ type: 'text', text, text_elements: [] }],
  ...span,
});

/** One `codexErrorInfo`: a name, or an object of one member with the provider's HTTP status. */
export type ErrorInfo = string | { readonly [kind: string]: { readonly httpStatusCode: number | null } };

export interface TurnError {
  readonly message: string;
  readonly info: ErrorInfo;
  readonly details?: string | null;
}

export const turnError = ({ message, info, details }: TurnError): JsonObject => ({
  message,
  codexErrorInfo: info,
  additionalDetails: details ?? null,
  misalignment: null,
});

export interface TurnView {
  readonly id: string;
  readonly status: string;
  readonly items?: readonly Json[];
  readonly error?: Json;
  readonly startedAtMs?: number;
  readonly completedAtMs?: number;
}

export function turnView(turn: TurnView): JsonObject {
  const { startedAtMs, completedAtMs } = turn;
  const items = turn.items ?? [];
  return {
    id: turn.id,
    rootTurnId: turn.id,
    items,
    itemsView: items.length > 0 ? 'summary' : 'notLoaded',
    status: turn.status,
    error: turn.error ?? null,
    startedAt: startedAtMs === undefined ? null : Math.floor(startedAtMs / 1000),
    completedAt: completedAtMs === undefined ? null : Math.floor(completedAtMs / 1000),
    durationMs: startedAtMs === undefined || completedAtMs === undefined ? null : completedAtMs - startedAtMs,
  };
}
