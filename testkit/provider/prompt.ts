// What a request asks for, read from its words by general rules of English prompts, as a model would.
// The rules were chosen so that prompts like those of conformance tools are understood; none is a key for a single prompt.
// Invariant: follows from the request alone.

import { isUser, type ModelRequest, textParts } from './request.ts';

const countMax = 1000;
/** Where a request begins: at the start of a sentence or of a line. */
const start = String.raw`(?:^|[.!?,;]\s+|\n\s*|\bplease\s+)`;
const speak = '(?:say|repeat|echo|print|reply|respond|answer)';
/** "Say exactly: …", "Repeat this text, nothing else: …": all that follows the colon. */
const afterColon = new RegExp(String.raw`${start}${speak}\b[^:.?!\n]*:\s*([\s\S]+)$`, 'iu');
/** "Reply briefly with READY."; "with just the name" asks for something that has to be found. */
const afterWith = new RegExp(
  String.raw`${start}(?:reply|respond|answer)\b[^:.?!"\n]*?\bwith\s+(?!just\b|only\b|exactly\b|a\b|an\b|one\b|the\b)([^\n]+)$`,
  'iu',
);
/** "Say hello in French." */
const afterSay = new RegExp(String.raw`${start}(?:say|repeat|echo)\s+(.+?)(?:\s+in\s[^"\n]*)?$`, 'iu');

export function userTexts(request: ModelRequest): readonly string[] {
  return request.input.filter(isUser).map((item) => textParts(item).join('\n'));
}

export function lastUserText(request: ModelRequest): string {
  return userTexts(request).at(-1) ?? '';
}

function developerText(request: ModelRequest): string {
  const told = request.input.filter((item) => item['role'] === 'developer' || item['role'] === 'system');
  return told.flatMap(textParts).join('\n');
}

/** The gateway's own instruction for `tool_choice`: a call proves that it arrived, not that a model would obey it. */
export function mustCall(request: ModelRequest): boolean {
  return /\bmust call\b/iu.test(developerText(request));
}

/** And the one for JSON without a schema, likewise. */
export function mustBeJson(request: ModelRequest): boolean {
  return /\b(?:one|a|valid|only)\s+JSON\b/iu.test(developerText(request));
}

export function wantsSeveral(text: string): boolean {
  return /\b(?:both|all|each|every|several|in parallel)\b/iu.test(text);
}

export function wantsThought(request: ModelRequest): boolean {
  return request.effort !== 'none' && /\bthink\b|\bstep by step\b/iu.test(lastUserText(request));
}

export function wantsLength(text: string): boolean {
  return /\b(?:long|lengthy|essay|story|novel|at length)\b/iu.test(text);
}

/** The words the user wants to hear, byte for byte when they follow a colon. */
export function dictated(text: string): string | undefined {
  const exact = afterColon.exec(text)?.[1];
  if (exact !== undefined) return exact;
  const loose = (afterWith.exec(text) ?? afterSay.exec(text))?.[1]?.trim();
  return loose?.replace(/[.!?]$/u, '').replace(/^["“](.*)["”]$/su, '$1');
}

/** "Count from 3 to 5" and "count to 5". */
export function counted(text: string): string | undefined {
  const found = /\bcount\s+(?:up\s+)?(?:from\s+(\d{1,9})\s+)?to\s+(\d{1,9})\b/iu.exec(text);
  if (found === null) return undefined;
  const from = Number(found[1] ?? 1);
  const length = Math.min(countMax, Math.max(0, Number(found[2]) - from + 1));
  return Array.from({ length }, (_, i) => from + i).join(', ');
}
