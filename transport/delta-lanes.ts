/**
 * Hands deltas of messages on without looking at more of them than has to be looked at. All deltas of a message begin with the same
 * bytes, which are remembered with whose turn they are. Invariant: a delta is taken only where the general way (`rpc.ts`,
 * `conversation.ts`) would do nothing but hand on its text; everything else is left to that.
 */

import type { Conversation } from './conversation.ts';
import { DeltaLine, isAt } from './delta-line.ts';

/** What the deltas of one message have in common. */
interface Lane {
  readonly conversation: Conversation;
  readonly turnId: string;
  readonly item: string;
  /** From the beginning of the line to that of the delta. */
  readonly prefix: Uint8Array;
}

export interface DeltaLanesOptions {
  readonly lineBytesMax: number;
  readonly of: (threadId: string) => Conversation | undefined;
}

export class DeltaLanes {
  readonly #options: DeltaLanesOptions;
  readonly #line = new DeltaLine();
  readonly #lanes = new WeakMap<Conversation, Lane>();
  #last: Lane | null = null;
  /** Whose runs may still go on. */
  readonly #speaking: Conversation[] = [];

  constructor(options: DeltaLanesOptions) {
    this.#options = options;
  }

  /** The line that begins there: what is behind its end, or -1 for a line that goes the general way. */
  take(bytes: Buffer, at: number): number {
    const line = this.#line;
    const lane = this.#laneAt(bytes, at);
    if (lane === null || !lane.conversation.flows(lane.turnId)) return -1;
    if (!line.readDelta(bytes, at + lane.prefix.length) || line.next - at > this.#options.lineBytesMax) return -1;
    const { conversation } = lane;
    if (line.deltaEnd > line.deltaStart && conversation.say(bytes, lane.item, line)) this.#speaking.push(conversation);
    return line.next;
  }

  /** The chunk is read; nothing of it is kept. */
  end(): void {
    for (const conversation of this.#speaking) conversation.sealRun();
    this.#speaking.length = 0;
  }

  #laneAt(bytes: Buffer, at: number): Lane | null {
    const last = this.#last;
    if (last !== null && isAt(bytes, at, last.prefix)) return last;
    const line = this.#line;
    if (!line.readHead(bytes, at)) return null;
    const conversation = this.#options.of(bytes.toString('latin1', line.threadStart, line.threadEnd));
    if (conversation === undefined) return null;
    const known = this.#lanes.get(conversation);
    if (known !== undefined && isAt(bytes, at, known.prefix)) {
      this.#last = known;
      return known;
    }
    const lane = {
      conversation,
      turnId: bytes.toString('latin1', line.turnStart, line.turnEnd),
      item: bytes.toString('latin1', line.itemStart, line.itemEnd),
      prefix: Uint8Array.prototype.slice.call(bytes, at, line.deltaStart),
    };
    this.#lanes.set(conversation, lane);
    this.#last = lane;
    return lane;
  }
}
