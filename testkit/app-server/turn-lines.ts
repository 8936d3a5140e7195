/**
 * The lines of one turn, bound to its thread and its id. Invariant: nothing of an unsubscribed thread leaves, and raw
 * lines leave only when the thread asked for raw events.
 */
import type { Clock } from './clock.ts';
import { deltaHead, deltaTail, notification, serverRequest } from './lines.ts';
import type { Json, JsonObject, RequestId } from './lines.ts';
import type { LineKind, Outlet } from './outlet.ts';
import type { Thread } from './thread.ts';
import { rateLimitsView } from './usage.ts';

export interface LinesHost {
  readonly clock: Clock;
  readonly outlet: Outlet;
  readonly optedOut: (method: string) => boolean;
}

export interface TurnLines {
  notify(method: string, params: JsonObject, kind?: LineKind): void;
  /** `params` after thread and turn id. */
  scoped(method: string, params: JsonObject, kind?: LineKind): void;
  raw(item: JsonObject): void;
  started(item: JsonObject): void;
  completed(item: JsonObject): void;
  status(status: JsonObject): void;
  limits(primary: JsonObject | null, secondary: JsonObject | null): void;
  request(method: string, id: RequestId, params: JsonObject): void;
  /** A writer of deltas for one item. */
  deltas(itemId: string): (textJson: string) => void;
}

export function createTurnLines({ clock, outlet, optedOut }: LinesHost, thread: Thread, turnId: string): TurnLines {
  let tailMs = -1;
  let tail = '';
  const notify = (method: string, params: JsonObject, kind?: LineKind): void => {
    if (thread.subscribed && !optedOut(method)) outlet.line(notification(method, params, clock.now()), kind);
  };
  const scoped = (method: string, params: JsonObject, kind?: LineKind): void =>
    notify(method, { threadId: thread.id, turnId, ...params }, kind);

  return {
    notify,
    scoped,
    raw(item) {
      if (thread.raw) scoped('rawResponseItem/completed', { item });
    },
    started(item) {
      const startedAtMs = item['startedAtMs'] as Json;
      notify('item/started', { item, threadId: thread.id, turnId, startedAtMs });
    },
    completed(item) {
      const completedAtMs = item['completedAtMs'] as Json;
      notify('item/completed', { item, threadId: thread.id, turnId, contentTokenCount: null, completedAtMs });
    },
    status(status) {
      notify('thread/status/changed', { threadId: thread.id, status });
    },
    limits(primary, secondary) {
      notify('account/rateLimits/updated', { rateLimits: rateLimitsView(primary, secondary) }, 'limits');
    },
    request(method, id, params) {
      if (thread.subscribed) outlet.line(serverRequest(method, id, params));
    },
    deltas(itemId) {
      const head = deltaHead(thread.id, turnId, itemId);
      const wanted = !optedOut('item/agentMessage/delta');
      return (textJson) => {
        if (!thread.subscribed || !wanted) return;
        const nowMs = clock.now();
        if (nowMs !== tailMs) {
          tailMs = nowMs;
          tail = deltaTail(nowMs);
        }
        outlet.line(head + textJson + tail);
      };
    },
  };
}
