/** Defects of what became of requests. */

import type { Defect } from './defect.ts';

export const requestDefects: readonly Defect[] = [
  {
    row: 'W-6',
    did: 'refused messages without a type',
    edits: [
      {
        file: 'http/requests/items.ts',
        find: "return isAbsent(item['role']) && typeof item['id'] === 'string' ? 'item_reference' : 'message';",
        put: "return isAbsent(item['role']) && typeof item['id'] === 'string' ? 'item_reference' : refuse('', path);",
      },
    ],
  },
  {
    row: 'W-9',
    did: 'ignored the effort',
    edits: [
      {
        file: 'http/requests/effort.ts',
        find: 'if (asked === null) return none;',
        put: 'return none;',
      },
    ],
  },
  {
    row: 'W-10',
    did: 'told the model of no tools',
    edits: [
      {
        file: 'http/requests/admit.ts',
        find: 'if (toolbox.offered.length > 0) turn.tools = toolbox.offered;',
        put: '',
      },
    ],
  },
  {
    row: 'W-12',
    did: 'lost the calls of earlier answers',
    edits: [
      {
        file: 'http/requests/messages.ts',
        find: 'return [...said, ...readCalls(message, reading, path)];',
        put: 'readCalls(message, reading, path);\n  return said;',
      },
    ],
  },
  {
    row: 'W-19',
    did: 'wrote the names of models in lower case',
    edits: [
      {
        file: 'http/requests/admit.ts',
        find: 'if (model !== null) return model;',
        put: 'if (model !== null) return { ...model, id: model.id.toLowerCase() };',
      },
    ],
  },
  {
    row: 'W-22',
    did: 'made a notice and threw it away',
    edits: [{ file: 'http/requests/guardrail.ts', find: '? notice : null', put: '? null : null' }],
  },
  {
    row: 'W-23',
    did: 'refused the format text',
    edits: [
      {
        file: 'http/requests/format.ts',
        find: "if (type === 'text' || type === 'json_object') return { type };",
        put: "if (type === 'json_object') return { type };",
      },
    ],
  },
  {
    row: 'W-24',
    did: 'took any value for a cap',
    edits: [
      {
        file: 'http/requests/params.ts',
        find: "max_output_tokens: row('H', by(integerFrom(1))),",
        put: "max_output_tokens: row('H', (value) => (typeof value === 'number' ? value : 1_000)),",
      },
    ],
  },
  {
    row: 'W-25',
    did: 'ignored a previous response that it did not know',
    edits: [
      {
        file: 'http/requests/history.ts',
        find: 'if (found === null) {',
        put: 'if (found === null) return null;\n  if (found === undefined) {',
      },
    ],
  },
  {
    row: 'W-54',
    did: 'answered requests for a title whatever model they named',
    edits: [
      {
        file: 'http/requests/admit.ts',
        find: 'const model = context.models.find(id);',
        put: "const model = context.models.find(id) ?? context.models.find('codex-5');",
      },
    ],
  },
];
