/** The variables about what answers look like. Part of the table in `config-table.ts`. */

import { choice, duration, flag, integer, optionalChoice, optionalFlag, word } from './config-value.ts';

export const outputVariables = {
  outputMode: choice(
    'PROXY_OUTPUT_MODE',
    ['auto', 'obsidian-xml', 'openai-json'],
    'auto',
    'How chat tells tool calls: `obsidian-xml` as `<use_tool>` blocks in the text, too; `openai-json` as `tool_calls` only; `auto` the former for Obsidian Copilot, the latter for everybody else.',
  ),
  responsesOutputMode: choice(
    'PROXY_RESPONSES_OUTPUT_MODE',
    ['openai-json', 'obsidian-xml'],
    'openai-json',
    'The same for `/v1/responses`.',
  ),
  textToolCalls: flag(
    'PROXY_TEXT_TOOL_CALLS',
    false,
    'Text of the model that is written as a tool call becomes one, also outside of `obsidian-xml`.',
  ),
  stopAfterTools: optionalFlag(
    'PROXY_STOP_AFTER_TOOLS',
    'off',
    'With `obsidian-xml`: an answer ends after its tool calls. Off switches it off; unset, `PROXY_STOP_AFTER_TOOLS_MODE=first` switches it on.',
  ),
  stopAfterToolsMode: optionalChoice(
    'PROXY_STOP_AFTER_TOOLS_MODE',
    ['burst', 'first'],
    'burst',
    '`first`: after the first call. `burst`: when no other call has followed for `PROXY_STOP_AFTER_TOOLS_GRACE_MS`.',
  ),
  stopAfterToolsGraceMs: duration('PROXY_STOP_AFTER_TOOLS_GRACE_MS', 300, 'Wait for a further call of a burst.', 0),
  suppressTail: flag('PROXY_SUPPRESS_TAIL_AFTER_TOOLS', false, 'Text after the last tool call is left out.'),
  toolBlockMax: integer(
    'PROXY_TOOL_BLOCK_MAX',
    0,
    'Tool calls of one answer, which ends with the last one; 0: no limit.',
    [0, 10_000],
  ),
  toolBlockDedup: flag(
    'PROXY_TOOL_BLOCK_DEDUP',
    false,
    'A tool call that repeats an earlier one of the answer is left out.',
  ),
  toolBlockDelimiter: word(
    'PROXY_TOOL_BLOCK_DELIMITER',
    [/^[^\0-\x1f\x7f]{1,64}$/, 'true, false or 1 to 64 characters'],
    '',
    'Between two `<use_tool>` blocks; `\\n` is a line break, true a blank line.',
  ),
  sanitizeMetadata: flag(
    'PROXY_SANITIZE_METADATA',
    false,
    'Lines of an answer that hold only metadata of the worker, such as `session_id: …`, are left out.',
  ),
  stripAnsi: flag('PROXY_STRIP_ANSI', true, 'Terminal colours in the text of an answer are left out.'),
} as const;
