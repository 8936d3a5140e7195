/**
 * The oracle: what a client must receive for a script of a worker that is alone and undisturbed. It is a reading of the
 * catalogue's words (deltas, completed items, samplings, ends) and shares no code with the runtime. Invariant: a
 * prediction depends on the script alone.
 */

import type { Step } from '../app-server/script.ts';
import { type ErrorName, errorCodes, isIncomplete } from './errors.ts';
import { Messages } from './messages.ts';
import { sessionLimits as limits } from './session.ts';
import { Ledger, type Tokens } from './tokens.ts';

export interface ToolCall {
  readonly name: string;
  readonly arguments: string;
}

export interface Prediction {
  /** Of the failure, as clients read it; null: an answer. */
  readonly code: string | null;
  readonly finish: 'stop' | 'tool_calls' | 'length' | 'content_filter' | null;
  /** What was said until then. */
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly usage: Tokens | null;
  /** From the first step to the end, at most. */
  readonly endsMs: number;
  /** When the first of the answer was said; null: nothing was. */
  readonly saidMs: number | null;
  /** It dies before it has accepted the turn: that is told only if a second worker does the same. */
  readonly retried: boolean;
}

type Phase = 'opening' | 'flowing' | 'finishing';

class End extends Error {
  readonly code: string | null;
  readonly cut: Prediction['finish'];

  constructor(code: string | null, cut: Prediction['finish'] = null) {
    super('the end');
    this.code = code;
    this.cut = cut;
  }
}

export class Oracle {
  readonly #messages = new Messages(() => {
    throw new End('stream_disconnected');
  });
  readonly #calls: ToolCall[] = [];
  readonly #callIds = new Set<string>();
  #phase: Phase = 'opening';
  #nowMs = 0;
  #saidMs: number | null = null;
  #heardMs = 0;
  #answered: boolean;
  readonly #ledger = new Ledger();
  /** Lines that are lost, and lines that come twice. */
  #drops = 0;
  #twice = false;

  constructor(answered: boolean) {
    this.#answered = answered;
  }

  predict(steps: readonly Step[]): Prediction {
    let end: End;
    try {
      for (const step of steps) {
        this.#take(step);
        if (this.#said()) this.#saidMs ??= this.#nowMs;
      }
      this.#wait(Number.POSITIVE_INFINITY);
      end = new End('request_timeout');
    } catch (thrown) {
      if (!(thrown instanceof End)) throw thrown;
      end = thrown;
    }
    const { code, cut } = end;
    const finish = code !== null ? null : (cut ?? (this.#calls.length > 0 ? 'tool_calls' : 'stop'));
    const incomplete = finish === 'length' || finish === 'content_filter';
    return {
      code,
      finish,
      text: this.#messages.text(code !== null),
      calls: this.#calls,
      usage: this.#ledger.of(incomplete),
      endsMs: this.#nowMs,
      saidMs: this.#saidMs,
      retried: code === 'worker_exited' && !this.#answered && this.#phase === 'opening',
    };
  }

  /** Nothing is said for so long. */
  #wait(ms: number): void {
    const silence = {
      opening: [limits.firstEventMs, 'idle_timeout'],
      flowing: [this.#heardMs + limits.idleMs, 'idle_timeout'],
      finishing: [this.#heardMs + limits.graceMs, null],
    } as const;
    const deadlines: (readonly [number, string | null])[] = [
      silence[this.#phase],
      [limits.totalMs, 'request_timeout'],
      ...(this.#answered ? [] : [[limits.stepMs, 'worker_request_timeout'] as const]),
    ];
    const [atMs, code] = deadlines.reduce((first, next) => (next[0] < first[0] ? next : first));
    if (this.#nowMs + ms >= atMs) {
      this.#nowMs = Math.max(this.#nowMs, atMs);
      throw new End(code);
    }
    this.#nowMs += ms;
  }

  /** How often the next line reaches us. */
  #copies(): number {
    if (this.#drops > 0) {
      this.#drops -= 1;
      return 0;
    }
    const copies = this.#twice ? 2 : 1;
    this.#twice = false;
    return copies;
  }

  #heard(): void {
    this.#phase = 'flowing';
    this.#heardMs = this.#nowMs;
  }

  #take(step: Step): void {
    switch (step.do) {
      case 'open':
        return this.#open(step.id, step.text);
      case 'delta':
        this.#say(step.text);
        for (let copies = this.#copies(); copies > 0; copies -= 1) {
          if (step.text !== '') this.#heard();
          this.#messages.delta(step.text);
        }
        return;
      case 'burst':
        return this.#burst(step);
      case 'close':
        return this.#close(step);
      case 'reason':
        return this.#line(() => this.#messages.begin(this.#messages.mint('rs'), 'reasoning'));
      case 'part':
      case 'summary':
        return this.#messages.thinking ? this.#line(() => this.#messages.reason()) : undefined;
      case 'thought':
        return this.#messages.thinking ? this.#line(() => undefined) : undefined;
      case 'reasoned':
        return this.#messages.thinking ? this.#line(() => this.#messages.reasoned()) : undefined;
      case 'call':
        return this.#call(step);
      case 'sampled':
        return this.#sampling(step);
      case 'settle':
        return this.#ledger.settled();
      case 'usage':
        return this.#ledger.observed(step.usage);
      case 'error':
        if (!step.retry) throw this.#failure(step.error.info, step.error.message);
        this.#messages.forget();
        if (this.#phase === 'flowing' && this.#said()) throw new End('stream_disconnected');
        return;
      case 'complete':
        if (this.#copies() === 0) return;
        if (step.status === 'failed') throw this.#failure(step.error.info, step.error.message);
        throw new End(step.status === 'completed' ? null : 'upstream_error');
      case 'exit':
        throw this.#death();
      case 'closeStdout':
        // A process that is exiting closes its output first, so it is given a moment.
        this.#nowMs += 250;
        throw this.#death();
      case 'line':
        if (Buffer.byteLength(step.text) > limits.lineBytesMax) throw this.#death();
        return;
      case 'answer':
        this.#answered = true;
        if (step.refusal === undefined) return;
        throw new End([-32_600, -32_602].includes(step.refusal.code) ? 'bad_request' : 'worker_error');
      case 'search':
        return this.#messages.next();
      case 'drop':
        this.#drops += step.lines;
        return;
      case 'half':
        this.#drops += 1;
        return;
      case 'duplicate':
        this.#twice = true;
        return;
      case 'sleep':
        return this.#wait(step.ms);
      case 'hang':
        return this.#wait(Number.POSITIVE_INFINITY);
      default:
    }
  }

  /** One line about an item. */
  #line(read: () => void): void {
    if (this.#copies() === 0) return;
    this.#heard();
    read();
  }

  #open(id?: string, text?: string): void {
    const drafted = this.#messages.draft(id, text);
    this.#line(() => this.#messages.begin(drafted, 'message'));
  }

  /** Before its delta is read: a message may have to be announced first. */
  #say(text: string): void {
    if (!this.#messages.drafting) this.#open();
    this.#messages.say(text);
  }

  #said(): boolean {
    return this.#messages.delivered || this.#calls.length > 0;
  }

  #burst({ deltas, bytes, everyMs }: Extract<Step, { do: 'burst' }>): void {
    const filler = 'The quick brown fox jumps over the lazy dog. ';
    const text = filler.repeat(Math.ceil(bytes / filler.length)).slice(0, bytes);
    for (let index = 0; index < deltas; index += 1) {
      if (index > 0) this.#wait(everyMs);
      this.#say(text);
      this.#heard();
      this.#messages.delta(text);
    }
  }

  #close(step: Extract<Step, { do: 'close' }>): void {
    const { item = true, raw = true } = step;
    if (!this.#messages.drafting) this.#open();
    if (item) for (let copies = this.#copies(); copies > 0; copies -= 1) this.#messages.completed(step.text);
    if (raw && this.#copies() > 0) this.#messages.finalized();
    if (item || raw) this.#heard();
    this.#messages.closed();
  }

  #call(step: Extract<Step, { do: 'call' }>): void {
    const id = step.id ?? this.#messages.mint('fc');
    this.#messages.next();
    if (this.#copies() === 0 || this.#callIds.has(id)) return;
    this.#callIds.add(id);
    this.#heard();
    this.#messages.interrupt();
    this.#calls.push({ name: step.name, arguments: step.arguments === '' ? '{}' : step.arguments });
  }

  #sampling(step: Extract<Step, { do: 'sampled' }>): void {
    const heard = this.#copies() > 0;
    this.#ledger.sampled(step.id ?? this.#messages.sampling, step.usage, heard);
    if (!heard) return;
    this.#messages.sampled();
    if (this.#calls.length > 0) throw new End(null);
    this.#phase = 'finishing';
    this.#heardMs = this.#nowMs;
  }

  /** The process is gone: what the provider had finished stands. */
  #death(): End {
    return new End(this.#phase === 'finishing' || this.#calls.length > 0 ? null : 'worker_exited');
  }

  #failure(info: unknown, message: string): End {
    const cut = isIncomplete(message);
    if (cut !== null) return new End(null, cut);
    const name = typeof info === 'string' ? info : Object.keys(info as object)[0];
    const status = typeof info === 'string' ? null : Object.values(info as object)[0]?.httpStatusCode;
    return new End(errorCodes(name as ErrorName, status ?? null, message));
  }
}
