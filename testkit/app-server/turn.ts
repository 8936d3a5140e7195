/**
 * One turn: plays a script against the clock and writes what the real CLI would write. Invariant: a turn ends once; after
 * an interrupt nothing of its script is played any more; the script may go on behind its own end, to be late on purpose.
 */
import { createCalls } from './calls.ts';
import { abortNote } from './failures.ts';
import { harnessEcho } from './item.ts';
import type { Stamp } from './item.ts';
import { turnError, turnView } from './lines.ts';
import type { JsonObject } from './lines.ts';
import type { Random } from './random.ts';
import type { Script, Step } from './script.ts';
import { createLedger } from './ledger.ts';
import { createMessages } from './messages.ts';
import { playFault } from './stray.ts';
import type { RunningTurn, Thread } from './thread.ts';
import { createTurnLines } from './turn-lines.ts';
import type { LinesHost } from './turn-lines.ts';

export interface TurnHost extends LinesHost {
  readonly random: Random;
  readonly reorder: boolean;
  readonly mint: (prefix: string) => string;
  readonly requestId: () => number;
  readonly otherThread: (threadId: string) => string | null;
  /** Calls back when the barrier opens; the result forgets about it. */
  readonly barrier: (key: string, of: number | undefined, open: () => void) => () => void;
  /** The answer to `turn/start`, when a script gives it itself. */
  readonly answer: (refused: Extract<Step, { do: 'answer' }>['refusal']) => void;
  readonly resample: () => { readonly sequence: number; readonly steps: Iterable<Step> };
  readonly ended: () => void;
}

const harness = { type: 'harness', hook: false };
const stepsAtOnceMax = 512;

export function startTurn(host: TurnHost, thread: Thread, id: string, sequence: number, script: Script): RunningTurn {
  const { clock, random } = host;
  const startedAtMs = clock.now();
  const lines = createTurnLines(host, thread, id);
  const stamp = (): Stamp => ({ turnId: id, nowMs: clock.now(), mint: host.mint });
  const known = ({ name, namespace }: { readonly name: string; readonly namespace: string | null }): boolean =>
    thread.toolNames.has(namespace === null || namespace === 'functions' ? name : `${namespace}/${name}`);
  const ledger = createLedger(lines, thread);
  const calls = createCalls({
    lines,
    now: clock.now,
    known,
    requestId: host.requestId,
    threadId: thread.id,
    turnId: id,
  });
  const messages = createMessages({
    lines,
    clock,
    random,
    turnId: id,
    remember: (item) => void thread.input.push(item),
  });
  messages.sampling(sequence);

  let steps = script.steps[Symbol.iterator]();
  let cancelWait: (() => void) | null = null;
  let settling = false;
  let ended = false;
  let stopped = false;
  // The status says so once, before the error.
  let broken = false;
  const interrupts: (() => void)[] = [];

  const leave = (): void => {
    if (ended) return;
    ended = true;
    host.ended();
  };
  const end = (view: Omit<Parameters<typeof turnView>[0], 'id'>): void => {
    if (!broken) lines.status({ type: view.status === 'failed' ? 'systemError' : 'idle' });
    const turn = turnView({ id, startedAtMs, completedAtMs: clock.now(), ...view });
    lines.notify('turn/completed', { threadId: thread.id, turn });
    leave();
  };
  const told = (): void => {
    for (const { call, output } of calls.outputs()) {
      const type = call.custom ? 'custom_tool_call' : 'function_call';
      const given = call.custom ? { input: call.arguments } : { arguments: call.arguments };
      thread.input.push({ type, call_id: call.callId, name: call.name, ...given });
      thread.input.push({ type: `${type}_output`, call_id: call.callId, output });
      lines.raw({
        type: `${type}_output`,
        id: host.mint(call.custom ? 'ctco_' : 'fco_'),
        call_id: call.callId,
        output,
        internal_chat_message_metadata_passthrough: { turn_id: id, create_time: (clock.now() + 0.5) / 1000 },
      });
    }
    calls.clear();
  };
  const settle = (): boolean => {
    settling = calls.waiting() > 0;
    if (settling) return true;
    const again = calls.size() > 0;
    told();
    ledger.totals();
    if (!again) return false;
    const next = host.resample();
    steps = next.steps[Symbol.iterator]();
    messages.sampling(next.sequence);
    return false;
  };
  const sampled = (step: Extract<Step, { do: 'sampled' }>): void => {
    const order = [...Array(calls.size()).keys()];
    const asked = host.reorder ? random.shuffle(order) : order;
    const early = host.reorder ? random.below(asked.length + 1) : 0;
    calls.ask(asked.slice(0, early));
    ledger.sampled(step, messages.sequence());
    calls.ask(asked.slice(early));
  };

  /** True: wait until something resumes the script. */
  const play = (step: Step): boolean => {
    switch (step.do) {
      case 'call':
        calls.add(messages.call(step));
        return false;
      case 'sampled':
        sampled(step);
        return false;
      case 'settle':
        return settle();
      case 'usage':
        ledger.usage(step);
        return false;
      case 'limits':
        ledger.limits();
        return false;
      case 'windows':
        ledger.windows(step);
        return false;
      case 'guide':
        lines.raw(harnessEcho('developer', step.text, step.kind, harness, stamp()));
        return false;
      case 'error':
        if (!step.retry) {
          broken = true;
          lines.status({ type: 'systemError' });
        }
        lines.notify('error', { error: turnError(step.error), willRetry: step.retry, threadId: thread.id, turnId: id });
        if (step.retry) messages.forget();
        return false;
      case 'complete': {
        const error = step.status === 'failed' ? turnError(step.error) : null;
        const items = step.status === 'completed' && messages.last() !== null ? [messages.last() as JsonObject] : [];
        end({ status: step.status, error, items });
        return false;
      }
      case 'vanish':
        leave();
        return false;
      case 'sleep':
        cancelWait = clock.schedule(step.ms, resume);
        return true;
      case 'hang':
        return true;
      case 'barrier':
        cancelWait = host.barrier(step.key, step.of, resume);
        return true;
      case 'answer':
        host.answer(step.refusal);
        return false;
      case 'burst':
        cancelWait = messages.burst(step, resume);
        return true;
      default:
        if (!messages.play(step)) playFault(host, { thread, turnId: id, lines }, step);
        return false;
    }
  };
  const run = (): void => {
    for (let played = 0; !stopped; played += 1) {
      if (played === stepsAtOnceMax) {
        cancelWait = clock.schedule(0, resume);
        return;
      }
      const next = steps.next();
      if (next.done === true || play(next.value)) return;
    }
  };
  function resume(): void {
    cancelWait = null;
    run();
  }

  const interrupted = (): void => {
    const waiting = interrupts.splice(0);
    if (ended) return waiting.forEach((done) => done());
    stopped = true;
    cancelWait?.();
    if (script.interrupt === 'stuck') return waiting.forEach((done) => done());
    if (calls.size() > 0) {
      calls.cancel();
      told();
      ledger.totals();
    } else if (messages.streaming()) ledger.limits();
    lines.raw(harnessEcho('user', abortNote, 'generic.turn_aborted', harness, stamp()));
    for (const done of waiting) done();
    end({ status: 'interrupted' });
  };

  lines.status({ type: 'active', activeFlags: [] });
  lines.notify('turn/started', {
    threadId: thread.id,
    turn: turnView({ id, status: 'inProgress', startedAtMs }),
  });
  cancelWait = clock.schedule(0, resume);

  return {
    id,
    waiting: calls.asked,
    interrupt(done) {
      interrupts.push(done);
      // Not at once: what the client wrote in the same breath is read before the turn is gone.
      if (interrupts.length === 1) clock.schedule(0, interrupted);
    },
    answer(requestId, message) {
      const ours = calls.answer(requestId, message);
      if (ours && settling && calls.waiting() === 0) {
        settling = false;
        if (!settle()) run();
      }
      return ours;
    },
  };
}
