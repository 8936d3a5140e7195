/** What went wrong with tool calls and with lines of metadata. */

import type { Defect } from './defect.ts';

export const outputDefects: readonly Defect[] = [
  {
    row: 'W-2',
    did: 'lost what the opening tag of a block was cut into',
    edits: [
      {
        file: 'actors/tool-text.ts',
        find: "return '<use_tool'.startsWith(end) || '<tool_call>'.startsWith(end) ? at : text.length;",
        put: 'return end.length > text.length ? at : text.length;',
      },
    ],
  },
  {
    row: 'W-4',
    did: 'read the final text of a message for calls as if its deltas had not been',
    edits: [
      {
        file: 'actors/message-writer.ts',
        find: 'this.#take(whole.slice(this.#said.length));',
        put: 'this.#take(whole);',
      },
    ],
  },
  {
    row: 'W-13',
    did: 'told one block more than the cap allows',
    edits: [
      {
        file: 'actors/call-desk.ts',
        find: 'this.#count >= this.#output.blocksMax',
        put: 'this.#count > this.#output.blocksMax',
      },
    ],
  },
  {
    row: 'W-14',
    did: 'let the worker run on behind the cut',
    edits: [{ file: 'actors/scribe.ts', find: "over: () => this.#cut('tools'),", put: 'over: () => {},' }],
  },
  {
    row: 'W-15',
    did: 'told lines whose keys were named later',
    edits: [
      {
        file: 'actors/metadata-lines.ts',
        find: 'const waits = this.#patient && line.keys !== null && !this.#keys.matches(line.keys);',
        put: 'const waits = false;',
      },
    ],
  },
  {
    row: 'W-16',
    did: 'told the text behind a block before the call',
    edits: [
      {
        file: 'actors/message-writer.ts',
        find: 'for (const segment of this.#tools.push(text)) {',
        put: 'for (const segment of [...this.#tools.push(text)].sort((a, b) => Number(a.tag !== null) - Number(b.tag !== null))) {',
      },
    ],
  },
  {
    row: 'W-21',
    did: 'did not read the header on /v1/responses',
    edits: [
      {
        file: 'http/output-mode.ts',
        find: 'if (asked !== undefined) return asked;',
        put: "if (asked !== undefined && api === 'chat') return asked;",
      },
    ],
  },
];
