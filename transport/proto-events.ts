/**
 * What one `codex proto` process says, line by line, as the events of its turn. Invariants: the turn ends once, and nothing
 * follows its end; all text is one message, in the order in which it was told; calls and usage come before the end, whole.
 */

import { stripVTControlCharacters } from 'node:util';
import type { TurnEvent, Usage } from '../actors/turn.ts';
import type { FailureCode, Outcome } from '../machines/outcome.ts';
import type { Payer } from './codex-errors.ts';
import {
  decideFinish,
  type FinishEvidence,
  type FinishReason,
  type FinishSource,
  isLengthFlagged,
  outcomeOfFinish,
  readFinishReason,
} from './finish-reason.ts';
import { isObject, type Members, member } from './json.ts';
import { ProtoCalls } from './proto-calls.ts';
import { protoFailure } from './proto-errors.ts';
import { ProtoText } from './proto-text.ts';
import { protoUsage } from './proto-usage.ts';

export interface ProtoReaderOptions {
  /** Which of the answers to one request this is: a process may speak of several. */
  readonly choice: number;
  readonly payer: Payer;
  /** It asks for permission. */
  readonly asked: (type: string, id: string) => void;
  /** The whole message is not what its deltas said. */
  readonly mismatched: () => void;
  readonly unknownFinish: (reason: string) => void;
  readonly unknown: () => void;
}

/** How the process ended: by itself and well, or not. */
export interface ProtoExit {
  readonly well: boolean;
  /** Everything that it wrote, if no line of it was an event. */
  readonly text: string;
  /** It does not know what `proto` means. */
  readonly isUnsupported: boolean;
}

const failed = (code: FailureCode): Outcome => ({ type: 'failed', failure: { code } });

/** It is at work, and what it does stays with us. */
const work =
  /^(?:agent_reasoning|reasoning|exec_|mcp_tool_call|web_search|patch_apply|view_image|plan_update|background_event|turn_diff)/u;
const silent: ReadonlySet<string> = new Set(['session_configured', 'task_started', 'turn_started', 'user_message']);

export class ProtoReader {
  readonly #options: ProtoReaderOptions;
  readonly #calls: ProtoCalls;
  readonly #text = new ProtoText();
  readonly #evidence: FinishEvidence[] = [];
  #counted: Usage | null = null;
  /** The provider's own count comes before the CLI's. */
  #provided: Usage | null = null;
  #heard = false;
  #over = false;

  constructor(options: ProtoReaderOptions) {
    this.#options = options;
    this.#calls = new ProtoCalls(options.choice);
  }

  /** A line of it was an event. */
  get heard(): boolean {
    return this.#heard;
  }

  /** UTF-16 units of calls, which are told at the end. */
  get heldChars(): number {
    return this.#over ? 0 : this.#calls.chars;
  }

  /** The turn has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** One value of its output. */
  read(value: Members): readonly TurnEvent[] {
    if (this.#over) return [];
    this.#heard = true;
    const { msg } = value;
    const event = isObject(msg) && typeof msg['type'] === 'string' ? msg : value;
    const { type } = event;
    if (typeof type !== 'string' || silent.has(type)) return [];
    switch (type) {
      case 'agent_message_delta':
      case 'agent_message_content_delta':
        return this.#delta(event);
      case 'agent_message':
        return this.#message(event);
      case 'token_count':
        this.#counted = protoUsage(event) ?? this.#counted;
        return this.#judge(event, 'usage');
      case 'usage':
        this.#provided = protoUsage(event) ?? this.#provided;
        return this.#judge(event, 'usage');
      case 'task_complete':
      case 'turn_complete':
        return this.#complete(event);
      case 'error':
        return this.#end(protoFailure(event, this.#options.payer));
      case 'turn_aborted':
        return this.#end(failed('upstream_error'));
      case 'stream_error':
        return [{ type: 'upstream.retried' }];
      default:
        return this.#other(type, event, value);
    }
  }

  /** The process is gone, or says nothing more. */
  exited(exit: ProtoExit): readonly TurnEvent[] {
    if (this.#over) return [];
    if (!this.#heard) return this.#wordless(exit);
    const usage = this.#provided ?? this.#counted;
    const isAnswer = this.#text.begun || this.#calls.size > 0 || usage !== null;
    // After a complete call, or the count that follows an answer, its last word is not missed.
    const isWhole = !this.#calls.isBroken && (this.#calls.size > 0 || usage !== null);
    if (isAnswer && (exit.well || isWhole)) return this.#finish('fallback');
    return this.#end(failed('worker_exited'));
  }

  #wordless({ well, text, isUnsupported }: ProtoExit): readonly TurnEvent[] {
    if (isUnsupported) return this.#end(failed('proto_unsupported'));
    const said = withoutLastBreaks(stripVTControlCharacters(text).replaceAll('\r\n', '\n'));
    if (!well || said.trim() === '') return this.#end(failed('worker_exited'));
    return [...this.#text.delta(said), ...this.#finish('fallback')];
  }

  #isOurs(event: Members, body: unknown): boolean {
    const told = [event['choice_index'], event['choiceIndex'], member(body, 'choice_index')];
    const choice = told.find((index) => typeof index === 'number');
    return choice === undefined || choice === this.#options.choice;
  }

  #delta(event: Members): readonly TurnEvent[] {
    const { delta } = event;
    if (!this.#isOurs(event, delta)) return [];
    if (typeof delta === 'string') return this.#text.delta(delta);
    this.#calls.pieces(member(delta, 'tool_calls'));
    const content = textOf(member(delta, 'content') ?? member(delta, 'text'));
    // Pieces of a call are a sign of life, too.
    return content === '' ? [{ type: 'thought.observed' }] : this.#text.delta(content);
  }

  #message(event: Members): readonly TurnEvent[] {
    const message = event['message'] ?? event['content'];
    if (!this.#isOurs(event, message)) return [];
    this.#judge(event, 'provider');
    if (typeof message === 'string') return this.#whole(message);
    if (!isObject(message)) return [];
    this.#judge(message, 'provider');
    this.#calls.whole(message);
    return this.#whole(textOf(message['content']));
  }

  #whole(text: string): readonly TurnEvent[] {
    const events = this.#text.whole(text);
    if (events !== null) return events;
    this.#options.mismatched();
    return [];
  }

  #judge(event: Members, source: FinishSource): readonly TurnEvent[] {
    const said = event['finish_reason'] ?? event['finishReason'];
    const isCut =
      isLengthFlagged(event) || [event['info'], event['usage']].some((one) => isObject(one) && isLengthFlagged(one));
    if (isCut) this.#note(source, 'length');
    if (typeof said !== 'string' || said === '') return [];
    const reason = readFinishReason(said);
    if (reason === null) this.#options.unknownFinish(said);
    this.#note(source, reason ?? 'stop');
    return [];
  }

  /** Of one source the first word counts. */
  #note(source: FinishSource, reason: FinishReason): void {
    if (this.#evidence.every((known) => known.source !== source)) this.#evidence.push({ source, reason });
  }

  #complete(event: Members): readonly TurnEvent[] {
    this.#judge(event, 'turn_end');
    const last = event['last_agent_message'];
    const missed = this.#text.begun || this.#calls.size > 0 ? [] : this.#text.delta(textOf(last));
    return [...missed, ...this.#finish('finalization')];
  }

  #other(type: string, event: Members, value: Members): readonly TurnEvent[] {
    if (type.endsWith('_approval_request')) {
      this.#options.asked(type, textOf(value['id']));
      return [{ type: 'thought.observed' }];
    }
    if (work.test(type)) return [{ type: 'thought.observed' }];
    if (type !== event['type']) return [];
    this.#options.unknown();
    return [];
  }

  #finish(source: FinishSource): readonly TurnEvent[] {
    const evidence = [...this.#evidence, { source, reason: 'stop' } as const];
    const outcome = outcomeOfFinish(decideFinish(evidence, this.#calls.size));
    const usage = this.#provided ?? this.#counted;
    const counted = usage === null ? [] : [this.#counts(usage, outcome)];
    return [...this.#calls.events(), ...counted, ...this.#end(outcome)];
  }

  #counts(usage: Usage, outcome: Outcome): TurnEvent {
    // Behind a call the end of the sampling is the end of the answer, which must still be told as cut.
    if (outcome.type !== 'completed' && this.#calls.size > 0) return { type: 'usage.observed', total: usage };
    const source = this.#provided === null ? ({ countedBy: 'token_count' } as const) : {};
    return { type: 'sampling.completed', usage, ...source };
  }

  #end(outcome: Outcome): readonly TurnEvent[] {
    this.#over = true;
    return [{ type: 'turn.ended', outcome }];
  }
}

/** No pattern: that would look at each run of line breaks again from each of them. */
function withoutLastBreaks(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}

/** Text, or the text of parts. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value.map((part) => (typeof part === 'string' ? part : textOf(member(part, 'text')))).join('');
}
