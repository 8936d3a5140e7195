/**
 * The log as Server-Sent Events of the Responses API: one frame an entry, numbered by the entry's index. It keeps no
 * state but caches, so a reader may begin at any cursor. A delta is never decoded or escaped again: its frame is fixed
 * bytes, digits and a copy of the log's own bytes (`delta-frame.ts`).
 */

import type { ResponseLog } from '../actors/log.ts';
import type { Part, Step } from '../actors/log-entry.ts';
import type { ByteTape } from '../actors/tape.ts';
import { DeltaFrame } from './delta-frame.ts';
import { errorEventMembers } from './failure-json.ts';
import { announcedItem, announcedPart, writeItem, writePart } from './item-json.ts';
import { frameHead, frameTail, partPlace, partWires } from './part-wire.ts';
import type { Projection } from './projection.ts';
import { Envelope } from './responses-body.ts';
import type { Describe } from './wording.ts';

const createdHead = frameHead('response.created');
const queuedHead = frameHead('response.queued');
const inProgressHead = frameHead('response.in_progress');
const errorHead = frameHead('error');
const itemAddedHead = frameHead('response.output_item.added');
const itemDoneHead = frameHead('response.output_item.done');
const annotationHead = frameHead('response.output_text.annotation.added');
const closedHeads = {
  completed: frameHead('response.completed'),
  incomplete: frameHead('response.incomplete'),
  failed: frameHead('response.failed'),
  // OpenAI has no event for it: the status inside tells.
  cancelled: frameHead('response.failed'),
} as const;
const done = Buffer.from('data: [DONE]\n\n');

class ResponsesStream implements Projection {
  readonly repeatable = true;
  #envelope: { readonly log: ResponseLog; readonly pieces: Envelope } | null = null;
  /** The part whose deltas are being written. */
  #part: { readonly part: Part; readonly frame: DeltaFrame } | null = null;
  readonly #describe: Describe | undefined;

  constructor(describe: Describe | undefined) {
    this.#describe = describe;
  }

  project(log: ResponseLog, cursor: number, out: ByteTape, roomBytes: number): number {
    let next = cursor;
    while (next < log.length && out.length < roomBytes) {
      const part = log.deltaPart(next);
      if (part >= 0) next = this.#frameOf(log, log.part(part)).write(log, next, part, out, roomBytes);
      else {
        this.#frame(log, next, log.step(next), out);
        next += 1;
      }
    }
    return next;
  }

  finish(out: ByteTape): void {
    out.copy(done);
  }

  #frameOf(log: ResponseLog, part: Part): DeltaFrame {
    if (this.#part?.part !== part) {
      // Wanted again at the end only: until then an open stream need not hold what the request has echoed.
      this.#envelope = null;
      const { deltaHead, textTail } = partWires[part.kind];
      const place = Buffer.from(`${partPlace(log.itemOf(part).id, part)},"delta":"`);
      this.#part = { part, frame: new DeltaFrame(deltaHead, place, textTail) };
    }
    return this.#part.frame;
  }

  #frame(log: ResponseLog, number: number, step: Step, out: ByteTape): void {
    switch (step.type) {
      case 'delta':
        throw new Error(`log ${log.head.id}: entry ${number} is a delta`);
      case 'created': {
        const queued = log.length > 1 && log.step(1).type === 'queued';
        return this.#open(createdHead, number, log, queued ? 'queued' : 'in_progress', out);
      }
      case 'queued':
        return this.#open(queuedHead, number, log, 'queued', out);
      case 'in_progress':
        return this.#open(inProgressHead, number, log, 'in_progress', out);
      case 'item.added':
        return out.write(
          `${itemAddedHead}${number},"output_index":${step.item.index},"item":${announcedItem(step.item)}${frameTail}`,
        );
      case 'item.done':
        out.write(`${itemDoneHead}${number},"output_index":${step.item.index},"item":`);
        writeItem(log, step.item, log.head.revealEncrypted, out);
        break;
      case 'part.added': {
        const place = partPlace(step.item.id, step.part);
        const { addedHead } = partWires[step.part.kind];
        return out.write(`${addedHead}${number}${place},"part":${announcedPart(step.part)}${frameTail}`);
      }
      case 'part.done':
        out.write(`${partWires[step.part.kind].doneHead}${number}${partPlace(step.item.id, step.part)},"part":`);
        writePart(log, step.part, out);
        break;
      case 'text.done': {
        const { textDoneHead, textDoneKey, textTail } = partWires[step.part.kind];
        out.write(`${textDoneHead}${number}${partPlace(step.item.id, step.part)},"${textDoneKey}":"`);
        log.copyEscaped(step.part.start, step.part.end, out);
        return out.copy(textTail);
      }
      case 'annotation.added': {
        const annotation = JSON.stringify(step.part.annotations[step.annotation]);
        const place = `${partPlace(step.item.id, step.part)},"annotation_index":${step.annotation}`;
        return out.write(`${annotationHead}${number}${place},"annotation":${annotation}${frameTail}`);
      }
      case 'error':
        return out.write(`${errorHead}${number},${errorEventMembers(log, this.#describe)}${frameTail}`);
      case 'closed': {
        if (log.ending === null) throw new Error(`log ${log.head.id}: closed without an ending`);
        out.write(`${closedHeads[log.ending.outcome.type]}${number},"response":`);
        this.#envelopeOf(log).writeCurrent(out);
        break;
      }
    }
    out.write(frameTail);
  }

  #open(head: string, number: number, log: ResponseLog, status: 'queued' | 'in_progress', out: ByteTape): void {
    out.write(`${head}${number},"response":${this.#envelopeOf(log).opened(status)}${frameTail}`);
  }

  #envelopeOf(log: ResponseLog): Envelope {
    if (this.#envelope?.log !== log) this.#envelope = { log, pieces: new Envelope(log, { describe: this.#describe }) };
    return this.#envelope.pieces;
  }
}

/** One per reader. `describe`: what is said of a failure; absent: what the catalogue says. */
export const responsesStream = (describe?: Describe): Projection => new ResponsesStream(describe);
