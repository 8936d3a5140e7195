/**
 * Messages to and from one `codex app-server` process. Invariants: what the process wrote in one chunk is emitted in one
 * batch, in the order in which it was written, before the facts of that chunk; nothing is emitted from within `send`;
 * `process.exited` is the last word.
 */

import type { Channel, ChannelCommand, Clock, TurnOutput, WorkerFact } from '../actors/seams.ts';
import { Account } from './account.ts';
import type { ChannelOptions } from './channel-options.ts';
import { isEcho } from './codex-events.ts';
import { Conversations } from './conversations.ts';
import { incompatible, isUsageError, readModels, shakeHands } from './handshake.ts';
import type { Members } from './json.ts';
import { type LineHearer, LineSplitter } from './lines.ts';
import { OnceJournal } from './once-journal.ts';
import { Outlet } from './outlet.ts';
import type { PipedProcess, ProcessEvents } from './process.ts';
import type { ProcessExit } from './process-end.ts';
import { Pulse } from './pulse.ts';
import { RpcPeer } from './rpc.ts';

/** The same for whoever watches, too. */
const shown = (hearer: LineHearer, show: NonNullable<ChannelOptions['line']>): LineHearer => ({
  line: (text) => {
    if (!isEcho(text)) show('in', () => text);
    hearer.line(text);
  },
  take: (bytes, at) => {
    const next = hearer.take?.(bytes, at) ?? -1;
    if (next !== -1) show('in', () => bytes.toString('utf8', at, next).trimEnd());
    return next;
  },
});

export class CodexChannel implements Channel {
  readonly #outlet = new Outlet();
  readonly output = this.#outlet.output;
  readonly facts = this.#outlet.facts;
  readonly #options: ChannelOptions;
  readonly #lines: LineSplitter;
  readonly #hearer: LineHearer;
  readonly #rpc: RpcPeer;
  readonly #conversations: Conversations;
  readonly #account: Account;
  readonly #pulse: Pulse;
  readonly #once: OnceJournal;
  #process: PipedProcess | null = null;
  #worn = false;
  #turns = 0;
  #fault: string | null = null;
  #exited = false;
  #handsShaken = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { ids, limits, count } = options;
    // Whatever a timer makes known is emitted when the timer is done.
    const clock: Clock = {
      now: () => options.clock.now(),
      schedule: (delayMs, fire) => options.clock.schedule(delayMs, () => this.#turn(fire)),
    };
    this.#lines = new LineSplitter({ lineBytesMax: limits.lineBytesMax, unwanted: isEcho });
    this.#once = new OnceJournal(options.journal);
    this.#rpc = new RpcPeer({
      clock,
      ids,
      limits,
      count,
      write: (text) => {
        options.line?.('out', () => text);
        return this.#process?.write(text) ?? true;
      },
      sent: options.sent ?? (() => {}),
      notified: (method, params) => this.#notified(method, params),
      // A tool call stays open: its turn is interrupted when the sampling ends, and any answer would start another one.
      requested: (method, params) => method === 'item/tool/call' && this.#conversations.has(params['threadId']),
    });
    const rpc = this.#rpc;
    this.#account = new Account({ rpc, clock, limits, flow: options.loginFlow, tell: (fact) => this.#tell(fact) });
    this.#conversations = new Conversations({
      rpc,
      clock,
      limits,
      count,
      powers: options.powers,
      payer: { quota: () => this.#account.quota(), signsIn: options.signsIn, key: options.key },
      emit: (response, event) => this.#emit({ response, event }),
      worn: (reason) => this.#wear(reason),
      unknown: (method) => this.#unknown(method),
      bound: options.bound ?? (() => {}),
    });
    const { deltas } = this.#conversations;
    this.#hearer = {
      line: (text) => {
        if (!isEcho(text)) rpc.receive(text);
      },
      take: (bytes, at) => deltas.take(bytes, at),
    };
    this.#pulse = new Pulse({
      rpc,
      clock,
      limits,
      load: () => ({ turns: this.#conversations.running, threads: this.#conversations.threads }),
      stateBytes: options.stateBytes,
      lost: (reason) => this.#tell({ type: 'pulse.lost', reason }),
      worn: (reason) => {
        this.#wear(reason);
        this.#later();
      },
    });
  }

  /** What the process tells; `attach` follows as soon as there is one. */
  get events(): ProcessEvents {
    return {
      spawned: () => this.#turn(() => this.#tell({ type: 'process.spawned' })),
      stdout: (chunk) => this.#turn(() => this.#read(chunk)),
      stderr: this.#options.stderr.source(),
      drained: () => this.#turn(() => this.#rpc.drained()),
      exited: (exit) => this.#turn(() => this.#exit(exit)),
    };
  }

  attach(process: PipedProcess): void {
    this.#process = process;
  }

  send(command: ChannelCommand): void {
    if (this.#exited) return;
    this.#rpc.corked(() => this.#obey(command));
    this.#later();
  }

  #obey(command: ChannelCommand): void {
    switch (command.type) {
      case 'initialize':
        return this.#initialize(command.refresh);
      case 'turn.start':
        this.#turns += 1;
        this.#conversations.start(command.response, command.turn);
        if (this.#turns === this.#options.limits.turnsMax) this.#wear(`${this.#turns} turns`, true);
        return;
      case 'turn.stop':
        return this.#conversations.stop(command.response);
      case 'account.read':
        return this.#account.read();
      case 'login.start':
        return this.#account.signIn();
      case 'ask':
        this.#pulse.stop();
        return this.#process?.end();
      case 'kill':
        return this.#process?.kill();
    }
  }

  #initialize(refresh: boolean): void {
    const { clock, limits, journal, signsIn } = this.#options;
    const endsAt = clock.now() + limits.handshakeMs;
    const shared = { rpc: this.#rpc, limits, journal, tell: (fact: WorkerFact) => this.#tell(fact) };
    shakeHands({
      ...shared,
      signsIn,
      refresh: refresh ? (done) => this.#account.refresh(endsAt - clock.now(), done) : null,
      completed: () => {
        this.#handsShaken = true;
        this.#options.stderr.guard();
        if (!refresh) this.#account.read();
        readModels(shared);
        this.#pulse.start();
      },
    });
  }

  #read(chunk: Buffer): void {
    this.#pulse.heard();
    const { line, watched } = this.#options;
    const isWatched = line !== undefined && (watched?.() ?? true);
    this.#lines.read(chunk, isWatched ? shown(this.#hearer, line) : this.#hearer);
    this.#conversations.deltas.end();
    if (!this.#lines.overflowed || this.#fault !== null) return;
    this.#fault = `a line of more than ${this.#options.limits.lineBytesMax} bytes`;
    this.#process?.kill();
  }

  #notified(method: string, params: Members): void {
    const threadId = params['threadId'];
    if (typeof threadId === 'string' && method !== 'warning') {
      this.#conversations.notified(threadId, method, params);
    } else if (!this.#account.notified(method, params)) {
      this.#unknown(method, params);
    }
  }

  #unknown(method: string, params?: Members): void {
    if (method === 'remoteControl/status/changed') return;
    const text = params?.['message'] ?? params?.['summary'];
    if (typeof text === 'string') return this.#once.warn('worker_warning', { method, text });
    this.#options.count('notification.unknown');
    this.#once.warn('worker_notification', { method });
  }

  #exit(exit: ProcessExit): void {
    this.#exited = true;
    this.#pulse.stop();
    this.#rpc.close();
    this.#conversations.abandon();
    const line = this.#options.stderr.lastError;
    if (!this.#handsShaken && isUsageError(line)) this.#tell(incompatible());
    const reason = [this.#fault, exit.reason, line].filter((part) => part !== null).join('; ');
    this.#tell({ type: 'process.exited', code: exit.code, signal: exit.signal, reason });
    this.#options.exited();
  }

  #wear(reason: string, served = false): void {
    if (this.#worn) return;
    this.#worn = true;
    this.#tell(served ? { type: 'wear.observed', reason, served } : { type: 'wear.observed', reason });
  }

  #emit(output: TurnOutput): void {
    this.#outlet.emit(output);
  }

  #tell(fact: WorkerFact): void {
    this.#outlet.tell(fact);
  }

  /** One thing that happened outside: everything it makes us write leaves in one piece, everything it tells in one batch. */
  #turn(happen: () => void): void {
    this.#rpc.corked(() => {
      happen();
      this.#outlet.flush();
    });
  }

  #later(): void {
    if (!this.#outlet.empty) queueMicrotask(() => this.#turn(() => {}));
  }
}
