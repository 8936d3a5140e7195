/**
 * The scribe stands between a turn's events and the two that live by them: it has the answer written into the log, and it
 * tells the stream machine what happened. It never decides when the response ends.
 *
 * Invariants: deltas are in the log before the machine hears of any later event; nothing is written once the gate is shut;
 * readers are told once a batch.
 */

import { failed, type Outcome } from '../machines/outcome.ts';
import { Answer } from './answer.ts';
import { heard } from './answer-events.ts';
import type { AnswerWatcher } from './answer-options.ts';
import { Bounds, type Reached } from './bounds.ts';
import { CallDesk } from './call-desk.ts';
import { CallWait } from './call-wait.ts';
import { closingWords, outcomes } from './closing-words.ts';
import { judged } from './demands.ts';
import { Gaps } from './gaps.ts';
import type { ResponseLog } from './log.ts';
import { isShown } from './log-entry.ts';
import type { Passing, Plain, ScribeOptions } from './scribe-options.ts';
import { BufferTally, uncounted } from './tool-buffer.ts';
import type { TurnEvent } from './turn.ts';
import { UsageMeter } from './usage-meter.ts';

/** How often the machine hears that output goes on. */
const observedEveryMs = 1_000;

export class Scribe implements AnswerWatcher {
  readonly gaps = new Gaps();
  readonly #log: ResponseLog;
  readonly #options: ScribeOptions;
  readonly #answer: Answer;
  readonly #tally: BufferTally;
  readonly #bounds: Bounds;
  readonly #meter = new UsageMeter();
  /** Mirrors the machine: open from the lease to the outcome. */
  #gate = true;
  #batching = false;
  /** The machine knows that the answer ends where it reached a bound. */
  #isCut = false;
  /** Something of the answer has come since the machine last heard that output goes on. */
  #heard = false;
  #observedAt: number;
  readonly #desk: CallDesk;
  /** What the model did that the request rules out. */
  #invalid: Outcome | null = null;
  #wait: CallWait | null = null;

  constructor(log: ResponseLog, options: ScribeOptions) {
    this.#log = log;
    this.#options = options;
    const { house, terms } = options;
    this.#observedAt = house.clock.now();
    this.#bounds = new Bounds(terms);
    this.#desk = new CallDesk(terms.output);
    this.#tally = new BufferTally(house.toolBuffer?.of(terms.output.mode) ?? uncounted);
    this.#answer = new Answer(log, { bounds: this.#bounds, terms, desk: this.#desk, news: this.#tally, watcher: this });
  }

  /** One batch, in order. */
  hear(batch: readonly TurnEvent[]): void {
    const [before, textBytes] = [this.#log.length, this.#log.textBytes];
    this.#batching = true;
    try {
      for (const event of batch) {
        if (this.#gate) this.#take(event);
        else if (event.type === 'turn.closed') this.#tell('turn.closed');
      }
      if (this.#gate) this.#watch();
    } finally {
      this.#batching = false;
    }
    if (this.#log.textBytes !== textBytes) this.gaps.heard(this.#options.house.clock.now());
    if (this.#log.length !== before) this.#log.flush();
  }

  /** The machine's `log.begin`: the head of the answer is committed. */
  begin(): void {
    if (this.#log.length > 0) return;
    this.#log.begin();
    if (!this.#batching) this.#log.flush();
  }

  /** The turn came to nothing, and another one writes the answer; of this one only its close still matters. */
  leave(): void {
    this.#gate = false;
    this.#wait?.stop();
  }

  /** The response ends here, by time. False: there is nothing of it yet that could be shown. */
  curtail(): boolean {
    if (!this.#gate) return false;
    this.#answer.release();
    this.#bounds.overflow();
    return this.#log.items.some(isShown);
  }

  /** How the response ends when its own terms are looked at, too. */
  judge(told: Outcome): Outcome {
    if (!this.#gate || (told.type !== 'completed' && told.type !== 'incomplete')) return told;
    this.#answer.release();
    if (this.#invalid !== null) return this.#invalid;
    const { reached } = this.#bounds;
    // What was held back until now may have reached a bound, too.
    const outcome = reached === null ? told : outcomes[reached];
    return outcome.type === 'completed' ? judged(this.#log, this.#options.terms, this.#options.house.journal) : outcome;
  }

  /** The machine's `log.end`, as it was judged. */
  end(outcome: Outcome): void {
    if (!this.#gate) return;
    this.#gate = false;
    this.#wait?.stop();
    // Readers see the beginning and the end together: until then a failure can still be an HTTP status.
    if (this.#log.length === 0) this.#log.begin();
    if (outcome.type === 'completed') this.#answer.complete();
    // The item that was cut is the last one; of a failure nothing is closed.
    if (outcome.type === 'incomplete') this.#answer.finish('incomplete');
    if (outcome.type === 'failed') this.#answer.abandon();
    const { inputTokens, house, terms } = this.#options;
    const at = Math.floor(house.clock.now() / 1000);
    const answered = { log: this.#log, bounds: this.#bounds, desk: this.#desk, meter: this.#meter, inputTokens };
    const words = closingWords(outcome, answered);
    this.#tally.tell(house.journal, this.#log.head.id, terms.output.mode);
    if (words.isEstimate === true) house.journal.info('usage_estimated', { response_id: this.#log.head.id });
    const sanitized = this.#answer.metadata.left;
    this.#log.end({ outcome, ...words, ...(sanitized === null ? {} : { sanitized }), at });
    if (sanitized !== null) house.sanitized?.({ response: this.#log.head.id, ...sanitized });
    if (!this.#batching) this.#log.flush();
  }

  #tell(type: Plain): void {
    this.#options.tell({ type, lease: this.#options.lease });
  }

  #take(event: TurnEvent): void {
    switch (event.type) {
      case 'usage.observed':
        return this.#meter.observed(event.total);
      case 'model.rerouted':
        this.#log.reroutedModel = event.model;
        return;
      case 'text.run':
        return this.#run(event);
      case 'sampling.completed':
      case 'upstream.retried':
      case 'turn.accepted':
      case 'turn.refused':
      case 'turn.ended':
      case 'turn.closed':
        return this.#pass(event);
      default:
        // What comes after the end of the answer is not even opened.
        if (this.#bounds.reached !== null || this.#invalid !== null) return;
        this.#heard = true;
        return heard(this.#answer, event);
    }
  }

  #run(event: Extract<TurnEvent, { type: 'text.run' }>): void {
    const { length } = event.run;
    for (let at = 0; at < length; at = this.#answer.run(event, at)) {
      // One that somebody had to look at may have been the last.
      if (!this.#gate || this.#bounds.reached !== null || this.#invalid !== null) return;
      this.#heard = true;
    }
  }

  #pass(event: Passing): void {
    const { lease, tell } = this.#options;
    // Output that came before is heard before: a retry that follows it would repeat it.
    this.#watch();
    if (!this.#gate) return;
    switch (event.type) {
      case 'sampling.completed':
        this.#answer.sampled();
        this.#meter.sampled(event);
        // Output that follows is a second sampling, and the machine must hear of it at once.
        this.#heard = false;
        this.#observedAt = 0;
        return this.#tell('sampling.completed');
      case 'upstream.retried':
        this.#answer.retried();
        return this.#tell(event.type);
      case 'turn.refused':
        return tell({ type: 'turn.refused', lease, failure: event.failure });
      case 'turn.ended':
        return tell({ type: 'turn.ended', lease, outcome: event.outcome });
      default:
        return this.#tell(event.type);
    }
  }

  /** Says that output goes on, at most once a second, and when it has become enough. */
  #watch(): void {
    if (this.#log.textBytes > this.#options.house.responseBytesMax) this.#bounds.overflow();
    if (this.#invalid !== null || this.#bounds.reached !== null) {
      this.#cut(this.#bounds.reached);
      return;
    }
    const now = this.#options.house.clock.now();
    if (!this.#heard || now - this.#observedAt < observedEveryMs) return;
    this.#heard = false;
    this.#observedAt = now;
    this.#tell('output.observed');
  }

  /** The response ends here, whatever the model goes on to say. */
  #cut(reached: Reached | null): void {
    if (this.#isCut) return;
    this.#isCut = true;
    // A call that is not shown is output all the same, and may have been the first.
    if (this.#log.items.length === 0) this.#tell('output.observed');
    const { lease, tell } = this.#options;
    if (this.#invalid !== null) tell({ type: 'turn.ended', lease, outcome: this.#invalid });
    else if (reached === 'length') this.#tell('output.overflowed');
    else tell({ type: 'turn.ended', lease, outcome: outcomes.stop });
  }

  started(): void {
    // What the end itself writes is no news.
    if (this.#gate) this.#tell('output.started');
    this.begin();
  }

  called(): void {
    this.#tell('call.completed');
    if (!this.#gate) return;
    const { clock } = this.#options.house;
    this.#wait ??= new CallWait(this.#bounds, this.#desk, {
      clock,
      holding: () => this.#answer.holding,
      over: () => this.#cut('tools'),
    });
    this.#wait.called();
  }

  broken(): void {
    this.#tell('output.broken');
  }

  mismatched(): void {
    this.#options.house.journal.warn('text_mismatch', { response_id: this.#log.head.id });
  }

  invalid(message: string): void {
    this.#invalid ??= failed('demand_unmet', message);
  }
}
