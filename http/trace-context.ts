/**
 * What a request says about the trace that it belongs to, as in W3C Trace Context. Invariant: what is not exactly right counts as not
 * sent; a `tracestate` that is wrong costs itself and not the trace.
 */

import type { RequestHead } from './request-head.ts';

export interface TraceContext {
  readonly traceId: string;
  /** The span of whoever asks. */
  readonly parentId: string;
  /** Whoever asks records this trace. */
  readonly sampled: boolean;
  /** Empty: none. */
  readonly state: string;
}

const traceparent = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const zeros = /^0+$/;

const stateCharsMax = 512;
const stateMembersMax = 32;
const stateMember =
  /^(?:[a-z][\w\-*/]{0,255}|[a-z\d][\w\-*/]{0,240}@[a-z][\w\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Members as they were sent, without the blanks around them. */
const stateOf = (header: string): string => {
  if (header.length > stateCharsMax) return '';
  const members = header
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const names = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const isRight = members.every((member) => stateMember.test(member) && !/[A-Z]/.test(member.split('=')[0] ?? ''));
  return isRight && names.size === members.length && members.length <= stateMembersMax ? members.join(',') : '';
};

/** Null: it brings none. */
export function traceContext({ header }: Pick<RequestHead, 'header'>): TraceContext | null {
  const [, version, traceId = '', parentId = '', flags = '', more] = traceparent.exec(header('traceparent')) ?? [];
  // A later version may have more to say; 00 has not, and ff is none.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (zeros.test(traceId) || zeros.test(parentId)) return null;
  return {
    traceId,
    parentId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: stateOf(header('tracestate')),
  };
}

/**
 * Under which trace a request is told of. Of a request that brings none the random part of its own id is the trace, so that one leads
 * to the other; null: it is in no trace.
 */
export function traceIdOf(head: Pick<RequestHead, 'header'>, requestId: string, tracing: boolean): string | null {
  const brought = traceContext(head)?.traceId;
  if (brought !== undefined || !tracing) return brought ?? null;
  const own = /^req_([\da-f]{32})$/.exec(requestId)?.[1] ?? '';
  return own === '' || zeros.test(own) ? null : own;
}
