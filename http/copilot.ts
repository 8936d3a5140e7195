/**
 * Whether a request comes from Obsidian Copilot, which reads tool calls in the text of an answer: `high` when it says so itself or
 * writes what nobody else writes, `suspected` when it runs in the right place and looks the part. A guess about the shape of a
 * request, never about its content: what is told of it holds no word of the prompt.
 */

import type { Json, JsonObject } from '../actors/turn.ts';
import { promptSignals, signalsIn } from './requests/prompt-signals.ts';
import { isAbsent, isObject } from './requests/well-formed.ts';

export interface CopilotVerdict {
  readonly tier: 'high' | 'suspected' | null;
  /** At most six. */
  readonly reasons: readonly string[];
}

type Header = (name: string) => string;

const reasonsMax = 6;
const traceCharsMax = 256;
const printable = /^[\x21-\x7e]+$/;

const sure: ReadonlySet<string> = new Set([
  'header_x_copilot_trace_id',
  'header_openrouter_pair',
  'marker_recent_conversations',
  'marker_saved_memories',
]);
const places: ReadonlySet<string> = new Set(['ua_obsidian', 'ua_unjs']);
const looks: ReadonlySet<string> = new Set(['marker_use_tool', 'marker_tool_result', 'shape_responses_basic']);

const unremarkable: CopilotVerdict = { tier: null, reasons: [] };

/** What the plugin sends to Responses: typed messages of two roles, and no word of tools. */
const isPlainShape = ({ input, messages, metadata, tools, tool_choice: choice }: JsonObject): boolean =>
  Array.isArray(input) &&
  input.length > 0 &&
  [messages, metadata, tools, choice].every(isAbsent) &&
  input.every(
    (item: Json) =>
      isObject(item) && item['type'] === 'message' && (item['role'] === 'user' || item['role'] === 'assistant'),
  );

export function detectCopilot(header: Header, body: JsonObject): CopilotVerdict {
  const signals = signalsIn(body['messages'] ?? body['input']);
  const agent = header('user-agent').toLowerCase();
  const introduced =
    header('http-referer') === 'https://obsidiancopilot.com' && header('x-title') === 'Obsidian Copilot';
  const reasons: string[] = [];
  if (header('x-copilot-trace-id').trim() !== '') reasons.push('header_x_copilot_trace_id');
  if (introduced) reasons.push('header_openrouter_pair');
  for (const signal of promptSignals) if (signals.has(signal)) reasons.push(`marker_${signal}`);
  if (agent.includes('obsidian/')) reasons.push('ua_obsidian');
  if (agent.startsWith('un/js')) reasons.push('ua_unjs');
  if (isPlainShape(body)) reasons.push('shape_responses_basic');
  if (reasons.length === 0) return unremarkable;
  const some = (of: ReadonlySet<string>): boolean => reasons.some((reason) => of.has(reason));
  const suspected = some(places) && some(looks) ? 'suspected' : null;
  return { tier: some(sure) ? 'high' : suspected, reasons: reasons.slice(0, reasonsMax) };
}

const traceHeaders = ['x-copilot-trace-id', 'x-trace-id', 'x-request-id'];

/** By which name the client, or a proxy before us, knows the request, and where it says so; ours when they do not. For the log. */
export function copilotTrace(header: Header, own: string) {
  for (const name of traceHeaders) {
    const sent = header(name);
    const id = sent === '' ? '' : sent.trim();
    if (id !== '' && id.length <= traceCharsMax && printable.test(id))
      return { copilot_trace_id: id, copilot_trace_source: 'header', copilot_trace_header: name };
  }
  return { copilot_trace_id: own, copilot_trace_source: 'generated', copilot_trace_header: null };
}
