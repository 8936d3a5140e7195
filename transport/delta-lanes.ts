/**
 * Hands deltas of messages on without looking at more of them than has to be looked at. All deltas of a message begin with the same
 * bytes, which are remembered with whose turn they are. Invariant: a delta is taken only where the general way (`rpc.ts`,
 * `conversation.ts`) would do nothing but hand on its text; everything else is left to that.
 */

import { Table } from '../actors/table.ts';
import type { Conversation } from './conversation.ts';
import { DeltaLine, threadAt } from './delta-line.ts';
import { SeenBytes } from './seen-bytes.ts';
import type { Teller } from './teller.ts';

/** What the deltas of one message have in common. */
interface Lane {
  readonly conversation: Conversation;
  readonly turnId: string;
  readonly item: string;
  /** From the beginning of the line to that of the delta. */
  readonly prefix: SeenBytes;
}

export interface DeltaLanesOptions {
  readonly lineBytesMax: number;
  readonly of: (threadId: string) => Conversation | undefined;
}

/** The last eight letters of a thread's id of the usual 36: as good as its name, as long as what they lead to is compared. */
const keyAt = threadAt + 28;
const keyBytes = 8;

const noView: DataView = new DataView(new ArrayBuffer(0));

export class DeltaLanes {
  readonly #options: DeltaLanesOptions;
  readonly #line = new DeltaLine();
  readonly #lanes = new Table<number, Lane>();
  #last: Lane | null = null;
  /** Whose runs may still go on. */
  readonly #speaking: Teller[] = [];
  #bytes: Buffer | null = null;
  #view = noView;

  constructor(options: DeltaLanesOptions) {
    this.#options = options;
  }

  /** The line that begins there: what is behind its end, or -1 for a line that goes the general way. */
  take(bytes: Buffer, at: number): number {
    if (bytes !== this.#bytes) this.#look(bytes);
    const line = this.#line;
    const lane = this.#laneAt(bytes, at);
    if (lane === null || !lane.conversation.flows(lane.turnId)) return -1;
    if (!line.readDelta(bytes, this.#view, at + lane.prefix.length)) return -1;
    if (line.next - at > this.#options.lineBytesMax) return -1;
    const { teller } = lane.conversation;
    if (line.deltaEnd > line.deltaStart && teller.say(bytes, lane.item, line)) this.#speaking.push(teller);
    return line.next;
  }

  /** The chunk is read; nothing of it is kept. */
  end(): void {
    for (const teller of this.#speaking) teller.seal();
    this.#speaking.length = 0;
    this.#bytes = null;
    this.#view = noView;
  }

  /** Nothing more will be said there. */
  forget(conversation: Conversation): void {
    const { laneKey } = conversation;
    if (laneKey === null) return;
    conversation.laneKey = null;
    if (this.#lanes.get(laneKey)?.conversation === conversation) this.#lanes.delete(laneKey);
    if (this.#last?.conversation === conversation) this.#last = null;
  }

  #look(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #laneAt(bytes: Buffer, at: number): Lane | null {
    const last = this.#last;
    if (last?.prefix.isAt(this.#view, at) === true) return last;
    if (at + keyAt + keyBytes > bytes.length) return null;
    const low = Math.imul(this.#view.getInt32(at + keyAt + 4, true), 0x9e3779b1);
    const key = ((low >>> 2) ^ this.#view.getInt32(at + keyAt, true)) & 0x3fffffff;
    const known = this.#lanes.get(key);
    if (known?.prefix.isAt(this.#view, at) === true) {
      this.#last = known;
      return known;
    }
    return this.#newLane(bytes, at, key);
  }

  #newLane(bytes: Buffer, at: number, key: number): Lane | null {
    const line = this.#line;
    if (!line.readHead(bytes, at)) return null;
    const conversation = this.#options.of(bytes.toString('latin1', line.threadStart, line.threadEnd));
    if (conversation === undefined) return null;
    this.forget(conversation);
    const turnId = bytes.toString('latin1', line.turnStart, line.turnEnd);
    const lane = {
      conversation,
      // Held once, and the same string is known to be equal at a glance.
      turnId: turnId === conversation.turnId ? conversation.turnId : turnId,
      item: bytes.toString('latin1', line.itemStart, line.itemEnd),
      prefix: new SeenBytes(bytes, at, line.deltaStart),
    };
    conversation.laneKey = key;
    this.#lanes.set(key, lane);
    this.#last = lane;
    return lane;
  }
}
