/**
 * The legacy worker: no process of its own, but one for each turn. To the runtime it is a worker like any other, in service as
 * long as its program can be found. Invariants: nothing is emitted from within `send`; a process that fails costs its own
 * turn and nothing else; `process.exited` is the last word, after the last process is gone.
 */

import type { Channel, ChannelCommand, Clock, Journal } from '../actors/seams.ts';
import type { Turn } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Binary } from './binary.ts';
import type { Payer } from './codex-errors.ts';
import type { Count } from './counters.ts';
import type { TransportLimits } from './limits.ts';
import { OnceJournal } from './once-journal.ts';
import { Outlet } from './outlet.ts';
import type { ProcessSpawner } from './process.ts';
import type { ProtoSettings } from './proto-input.ts';
import { ProtoTurn } from './proto-turn.ts';
import type { StderrJournal } from './stderr.ts';

export interface ProtoChannelOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly count: Count;
  readonly limits: Pick<TransportLimits, 'lineBytesMax' | 'pulseMs'>;
  readonly stderr: StderrJournal;
  readonly spawner: ProcessSpawner;
  readonly resolve: () => Binary;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: ProtoSettings;
  readonly payer: Payer;
  /** Each line of a turn's process; `text` is made only for those who want it. */
  readonly line?: (response: ResponseId, direction: 'in' | 'out', text: () => string) => void;
}

export class ProtoChannel implements Channel {
  readonly #outlet = new Outlet();
  readonly output = this.#outlet.output;
  readonly facts = this.#outlet.facts;
  readonly #options: ProtoChannelOptions;
  readonly #once: OnceJournal;
  readonly #turns = new Map<ResponseId, ProtoTurn>();
  #ending = false;
  #exited = false;
  #worn = false;
  #cancelLook: (() => void) | null = null;

  constructor(options: ProtoChannelOptions) {
    this.#options = options;
    this.#once = new OnceJournal(options.journal);
    const binary = options.resolve();
    if (binary.found) this.#outlet.tell({ type: 'process.spawned' });
    else this.#exit(null, binary.reason);
    this.#later();
  }

  send(command: ChannelCommand): void {
    if (this.#exited) return;
    this.#obey(command);
    this.#later();
  }

  #obey(command: ChannelCommand): void {
    switch (command.type) {
      case 'initialize':
        // Whose account it is cannot be asked: the turns will tell.
        this.#outlet.tell(
          { type: 'handshake.completed', version: 'proto' },
          { type: 'account.observed', signedIn: null },
        );
        return this.#look();
      case 'turn.start':
        return this.#start(command.response, command.turn);
      case 'turn.stop':
        return this.#stop(command.response);
      case 'account.read':
        this.#outlet.tell({ type: 'account.observed', signedIn: null });
        return;
      case 'login.start':
        this.#outlet.tell({ type: 'login.failed', reason: 'codex proto cannot sign in' });
        return;
      case 'ask':
        for (const turn of this.#turns.values()) turn.stop();
        return this.#end();
      case 'kill':
        for (const turn of this.#turns.values()) turn.kill();
        return this.#end();
    }
  }

  #start(response: ResponseId, turn: Turn): void {
    const { limits, resolve, count, stderr, journal } = this.#options;
    const binary = resolve();
    if (!binary.found || this.#ending) {
      if (!binary.found) this.#wear(binary.reason);
      this.#outlet.emit({ response, event: { type: 'turn.refused', failure: { code: 'worker_not_ready' } } });
      return;
    }
    const running = new ProtoTurn(turn, {
      ...this.#options,
      binary,
      lineBytesMax: limits.lineBytesMax,
      malformed: () => count('line.malformed'),
      unknown: () => count('notification.unknown'),
      mismatched: () => journal.warn('text_mismatch', { response_id: response }),
      unknownFinish: (reason) => this.#once.warn('finish_reason_unknown', { text: reason }),
      line: (direction, text) => this.#options.line?.(response, direction, text),
      stderr: stderr.source(),
      emit: (event) => this.#outlet.emit({ response, event }),
      happened: () => this.#outlet.flush(),
      gone: (exit) => {
        if (this.#turns.get(response) === running) this.#turns.delete(response);
        if (exit !== null) journal.info('proto_exited', { response_id: response, reason: exit.reason });
        if (this.#ending) this.#end();
      },
    });
    this.#turns.set(response, running);
  }

  #stop(response: ResponseId): void {
    const turn = this.#turns.get(response);
    // Its process is gone, or there never was one.
    if (turn === undefined) this.#outlet.emit({ response, event: { type: 'turn.closed' } });
    else turn.stop();
  }

  /** Looks from time to time whether there still is a program. */
  #look(): void {
    const { clock, limits, resolve } = this.#options;
    this.#cancelLook = clock.schedule(limits.pulseMs, () => {
      const binary = resolve();
      if (binary.found) return this.#look();
      this.#wear(binary.reason);
      this.#outlet.flush();
    });
  }

  /** Replaced when nobody needs it: a launch then finds out whether there is a program again. */
  #wear(reason: string): void {
    if (this.#worn) return;
    this.#worn = true;
    this.#outlet.tell({ type: 'wear.observed', reason });
  }

  #end(): void {
    this.#ending = true;
    if (this.#turns.size === 0) this.#exit(0, 'asked to end');
  }

  #exit(code: number | null, reason: string): void {
    if (this.#exited) return;
    this.#exited = true;
    this.#ending = true;
    this.#cancelLook?.();
    this.#outlet.tell({ type: 'process.exited', code, signal: null, reason });
  }

  #later(): void {
    if (!this.#outlet.empty) queueMicrotask(() => this.#outlet.flush());
  }
}
