/**
 * The steps that break the rules: lines without an owner, spoilt lines, the death of the process. Invariant: these, and
 * only these, may write for a thread that is gone.
 */
import { notification } from './lines.ts';
import type { JsonObject } from './lines.ts';
import type { Outlet } from './outlet.ts';
import type { Step } from './script.ts';
import type { Thread } from './thread.ts';
import type { TurnLines } from './turn-lines.ts';

interface Host {
  readonly outlet: Outlet;
  readonly clock: { now(): number };
  readonly requestId: () => number;
  readonly otherThread: (threadId: string) => string | null;
}

interface Turn {
  readonly thread: Thread;
  readonly turnId: string;
  readonly lines: TurnLines;
}

const unknownThread = '00000000-0000-7000-8000-00000000dead';

function stray(
  { outlet, clock, otherThread }: Host,
  { thread, turnId }: Turn,
  step: Extract<Step, { do: 'stray' }>,
): void {
  const threads = { own: thread.id, other: otherThread(thread.id) ?? unknownThread, unknown: unknownThread };
  const owner: JsonObject = step.thread === 'none' ? {} : { threadId: threads[step.thread] };
  const params = { ...owner, turnId, itemId: 'msg_stray', delta: step.text };
  outlet.line(notification('item/agentMessage/delta', params, clock.now()));
}

export function playFault(host: Host, turn: Turn, step: Step): void {
  const { outlet } = host;
  const { thread, lines } = turn;
  switch (step.do) {
    case 'notify':
      if (step.scope === 'turn') return lines.scoped(step.method, step.params);
      return lines.notify(step.method, step.scope === 'thread' ? { threadId: thread.id, ...step.params } : step.params);
    case 'ask':
      return lines.request(step.method, step.id ?? host.requestId(), {
        threadId: thread.id,
        turnId: turn.turnId,
        ...step.params,
      });
    case 'stray':
      return stray(host, turn, step);
    case 'drop':
      return outlet.dropNext(step.lines);
    case 'duplicate':
      return outlet.duplicateNext();
    case 'half':
      return outlet.halfNext();
    case 'cross':
      return outlet.crossNext(thread.id, host.otherThread(thread.id) ?? unknownThread);
    case 'line':
      return outlet.line(step.text);
    case 'bytes':
      return outlet.bytes(Uint8Array.from(step.bytes));
    case 'exit':
      return outlet.exit(step.code, step.signal);
    case 'closeStdout':
      return outlet.closeStdout();
    default:
      throw new Error(`no such step: ${step.do}`);
  }
}
