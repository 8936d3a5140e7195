/**
 * Signs in a prompt that its client has put more into it than the user has said: what it remembers of other conversations, and
 * what tools have said, written down as text. They tell who the client is (`http/copilot.ts`), and that the model should be warned.
 */

import type { Json } from '../../actors/turn.ts';
import { promptTexts } from './prompt-text.ts';

export const promptSignals = ['recent_conversations', 'saved_memories', 'use_tool', 'tool_result'] as const;

export type PromptSignal = (typeof promptSignals)[number];

/** One pass over the text; which of them it was says the first letters. */
const signs = /<(recent_conversations|saved_memories|use_tool)|tool '[^'\r\n]{1,128}' result:/gi;

const named = (tag: string | undefined): PromptSignal =>
  promptSignals.find((signal) => signal === tag?.toLowerCase()) ?? 'tool_result';

const none: ReadonlySet<PromptSignal> = new Set();

export function signalsIn(conversation: Json | undefined): ReadonlySet<PromptSignal> {
  let found: Set<PromptSignal> | null = null;
  for (const text of promptTexts(conversation)) {
    // Not matchAll, which makes an expression of its own for each text.
    signs.lastIndex = 0;
    for (let match = signs.exec(text); match !== null; match = signs.exec(text)) {
      found = (found ?? new Set()).add(named(match[1]));
      if (found.size === promptSignals.length) return found;
    }
  }
  return found ?? none;
}
