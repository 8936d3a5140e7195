/** Defects of what answers say. */

import type { Defect } from './defect.ts';

export const answerDefects: readonly Defect[] = [
  {
    row: 'W-1',
    did: 'took deltas that overlap with what was said for repetitions',
    edits: [
      {
        file: 'actors/item-writer.ts',
        find: 'const whole = this.#held + piece;',
        put: `const shown = this.#part === null ? '' : this.#log.escapedText(this.#part);
    if (shown.endsWith(piece)) {
      this.#length += piece.length;
      return;
    }
    const whole = this.#held + piece;`,
      },
      {
        file: 'actors/item-writer.ts',
        find: 'this.#length += run.unitsOf(at);',
        put: `this.#length += run.unitsOf(at);
      const piece = run.bytes.toString('utf8', run.startOf(at), run.endOf(at));
      if (this.#log.escapedText(part).endsWith(piece)) continue;`,
      },
    ],
  },
  {
    row: 'W-3',
    did: 'wrote all arguments so far into each frame of a call',
    edits: [
      {
        file: 'http/delta-frame.ts',
        find: 'out.copy(this.#after);',
        put: `out.copy(this.#after);
        if (this.#number < 0 && log.part(part).kind === 'arguments') {
          out.copy(this.#head);
          log.copyEscaped(log.part(part).start, log.textBytesAt(next + 1), out);
          out.copy(this.#after);
        }`,
      },
    ],
  },
  {
    row: 'W-5',
    did: 'spoke of items that no event had announced',
    edits: [{ file: 'http/part-wire.ts', find: '"output_index":${part.item}', put: '"output_index":${part.item + 1}' }],
  },
  {
    row: 'W-7',
    did: 'told the first message of a turn only',
    edits: [
      {
        file: 'actors/answer.ts',
        find: 'this.#begin(phase === undefined ? { id, kind } : { id, kind, phase });',
        put: `if (kind === 'message' && this.#log.items.some((item) => item.kind === 'message')) this.#over.add(id);
    this.#begin(phase === undefined ? { id, kind } : { id, kind, phase });`,
      },
    ],
  },
  {
    row: 'W-11',
    did: 'copied the first choice into the others',
    edits: [
      {
        file: 'http/choices.ts',
        find: 'this.#handles = [first, ...others];',
        put: 'this.#handles = [first, ...others.map(() => first)];',
      },
    ],
  },
  {
    row: 'W-17',
    did: 'ended a stream that was cut as completed',
    edits: [
      {
        file: 'http/responses-stream.ts',
        find: 'closedHeads[log.ending.outcome.type]',
        put: "closedHeads[log.ending.outcome.type === 'incomplete' ? 'completed' : log.ending.outcome.type]",
      },
    ],
  },
  {
    row: 'W-18',
    did: 'gave the same id to calls of one conversation',
    edits: [
      {
        file: 'actors/answer.ts',
        find: 'const isTaken = this.#options.terms.callIds.has(given)',
        put: 'const isTaken = false && this.#options.terms.callIds.has(given)',
      },
    ],
  },
  {
    row: 'W-20',
    did: 'invented a text for an empty answer',
    edits: [
      {
        file: 'actors/answer.ts',
        find: "this.#write({ id: '', kind: 'message' }).finish('completed');",
        put: `const writer = this.#write({ id: '', kind: 'message' });
    writer.append('No output from backend.');
    writer.finish('completed');`,
      },
    ],
  },
];
