/**
 * What the provider is sent of a thread's history. Invariant, as with the real process: messages of the role `system`, items
 * of an unknown type and outputs without their call vanish; a call without its output gets one that says `aborted`.
 */
import type { JsonObject } from './lines.ts';
import { asString } from './serde.ts';

const outputOf: { readonly [type: string]: string } = {
  function_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
};
const outputs = Object.values(outputOf);
const known = [
  'message',
  'reasoning',
  'web_search_call',
  'image_generation_call',
  ...Object.keys(outputOf),
  ...outputs,
];

const callId = (item: JsonObject): string => asString(item['call_id']);
const idsOf = (history: readonly JsonObject[], types: readonly string[]): ReadonlySet<string> =>
  new Set(history.filter((item) => types.includes(asString(item['type']))).map(callId));

export function sentItems(history: readonly JsonObject[]): readonly JsonObject[] {
  const called = idsOf(history, Object.keys(outputOf));
  const answered = idsOf(history, outputs);
  return history.flatMap((item): readonly JsonObject[] => {
    const type = asString(item['type']);
    if (item['role'] === 'system' || !known.includes(type)) return [];
    if (outputs.includes(type)) return called.has(callId(item)) ? [item] : [];
    const wanted = outputOf[type];
    if (wanted === undefined || answered.has(callId(item))) return [item];
    return [item, { type: wanted, call_id: callId(item), output: 'aborted' }];
  });
}
