/**
 * The shapes of items and parts (`openai-api.md` 2.3). An item has two: as announced by `output_item.added` (empty,
 * `in_progress`) and as it stays (`done`, final output, non-stream bodies). Null stands nowhere: optional members are
 * left out, because Open Responses refuses null for them.
 */
import { listOf, objectOf, textOf } from './json.ts';
import {
  and,
  type Check,
  either,
  emptyList,
  filled,
  index,
  listOfEach,
  type Members,
  matching,
  members,
  oneOf,
  string,
  tagged,
} from './shape.ts';

const annotation: Check = tagged('type', {
  url_citation: members({
    type: oneOf('url_citation'),
    url: string,
    title: string,
    start_index: index,
    end_index: index,
  }),
});

const annotationsInText: Check = (value, path) => {
  const part = objectOf(value);
  const length = textOf(part['text']).length;
  const outside = listOf(part['annotations']).findIndex((entry) => {
    const { start_index: start, end_index: end } = objectOf(entry);
    return typeof start !== 'number' || typeof end !== 'number' || start > end || end > length;
  });
  return outside < 0 ? null : `${path}.annotations[${outside}] lies outside the ${length} code units of the text`;
};

const outputText = and(
  members({ type: oneOf('output_text'), text: string, annotations: listOfEach(annotation) }, { logprobs: emptyList }),
  annotationsInText,
);
const refusal = members({ type: oneOf('refusal'), refusal: string });
const summaryText = members({ type: oneOf('summary_text'), text: string });
const reasoningText = members({ type: oneOf('reasoning_text'), text: string });

export const annotationShape = annotation;

/** Final parts by type; `content_part.done` and `reasoning_summary_part.done` carry them. */
export const partShapes: Members = {
  output_text: outputText,
  refusal,
  summary_text: summaryText,
  reasoning_text: reasoningText,
};

const id = (prefix: string): Check => matching(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,128}$`));
const settled = oneOf('completed', 'incomplete');
const opened = oneOf('in_progress');
const messageParts = tagged('type', { output_text: outputText, refusal });
const outputPart = tagged('type', {
  input_text: members({ type: oneOf('input_text'), text: string }),
  input_image: anyMembers('input_image'),
  input_file: anyMembers('input_file'),
});

function anyMembers(type: string): Check {
  return (value, path) => oneOf(type)(objectOf(value)['type'], `${path}.type`);
}

interface ItemShape {
  readonly added: Check;
  readonly settled: Check;
  /** Present in the default vocabulary; the others need a declared custom tool. */
  readonly byDefault: boolean;
}

function item(
  prefix: string,
  type: string,
  fixed: Members,
  atStart: Members,
  atEnd: Members,
  optional: Members = {},
): ItemShape {
  const base = { id: id(prefix), type: oneOf(type), ...fixed };
  return {
    added: members({ ...base, status: opened, ...atStart }, optional),
    settled: members({ ...base, status: settled, ...atEnd }, optional),
    byDefault: !type.startsWith('custom_'),
  };
}

const call = { call_id: filled, name: filled };
const callOutput = { output: either(string, listOfEach(outputPart)) };

export const itemShapes: Readonly<Record<string, ItemShape>> = {
  message: item(
    'msg',
    'message',
    { role: oneOf('assistant') },
    { content: emptyList },
    { content: listOfEach(messageParts) },
    { phase: oneOf('commentary', 'final_answer') },
  ),
  function_call: item(
    'fc',
    'function_call',
    call,
    { arguments: oneOf('') },
    { arguments: string },
    { namespace: filled },
  ),
  function_call_output: item('fco', 'function_call_output', { call_id: filled }, callOutput, callOutput, {
    name: filled,
    namespace: filled,
  }),
  reasoning: item(
    'rs',
    'reasoning',
    {},
    { summary: emptyList },
    { summary: listOfEach(summaryText) },
    { encrypted_content: filled, content: listOfEach(reasoningText) },
  ),
  compaction: {
    added: compaction(oneOf('in_progress', 'completed')),
    settled: compaction(oneOf('completed')),
    byDefault: true,
  },
  custom_tool_call: item(
    'ctc',
    'custom_tool_call',
    call,
    { input: oneOf('') },
    { input: string },
    { namespace: filled },
  ),
  custom_tool_call_output: item('[a-z]+', 'custom_tool_call_output', { call_id: filled }, callOutput, callOutput),
};

function compaction(status: Check): Check {
  return members(
    { id: id('cmp'), type: oneOf('compaction'), encrypted_content: string, status },
    { created_by: string },
  );
}

/** Hosted-tool items are OpenAI's own affair: only identity is checked, and only behind the opt-in. */
const hostedItem: Check = (value, path) =>
  filled(objectOf(value)['id'], `${path}.id`) ??
  matching(/_(call|call_output|tools|request|response)$/)(objectOf(value)['type'], `${path}.type`);

export interface ItemVocabulary {
  readonly custom: boolean;
  readonly hosted: boolean;
}

export function itemCheck(moment: 'added' | 'settled', vocabulary: ItemVocabulary): Check {
  const shapes = Object.entries(itemShapes).filter(([, shape]) => shape.byDefault || vocabulary.custom);
  const known = Object.fromEntries(shapes.map(([type, shape]) => [type, shape[moment]]));
  return tagged('type', known, vocabulary.hosted ? hostedItem : undefined);
}
