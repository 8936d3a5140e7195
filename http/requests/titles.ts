/**
 * Requests for the title (and perhaps the summary) of a conversation, which chat programs send beside the conversation itself. A
 * small model does that as well, so the operator may name one. They are known by the words of their prompts; one that offers tools
 * is never taken for such a request, because it wants more than a line of text.
 */

import type { JsonObject } from '../../actors/turn.ts';
import type { ModelDirectory, ModelEntry } from '../admission.ts';
import { promptTexts } from './prompt-text.ts';

export interface TitlePolicy {
  /** `PROXY_TITLE_SUMMARY_EXEC_MODEL` */
  readonly model: string;
  /** `PROXY_TITLE_SUMMARY_EXEC_REASONING_EFFORT` */
  readonly effort: string;
}

const words = {
  title: /title/i,
  summary: /summary/i,
  short: /concise title|max 5 words|maximum of five words/i,
  conversation: /conversation:|<conversation_text>/i,
  format: /output format/i,
  titleKey: /"title"\s{0,16}:\s{0,16}"/i,
  summaryKey: /"summary"\s{0,16}:\s{0,16}"/i,
} as const;

type Word = keyof typeof words;

const titleOnly: readonly Word[] = ['title', 'short', 'conversation'];
const titleAndSummary: readonly Word[] = ['title', 'summary', 'format', 'titleKey', 'summaryKey'];

const isWord = (name: string): name is Word => name in words;

export function asksForTitle(conversation: readonly JsonObject[]): boolean {
  const texts = promptTexts(conversation);
  // Neither does without it, and most conversations never say it: they are looked through once.
  return texts.some((text) => words.title.test(text)) && saysAll(texts);
}

function saysAll(texts: readonly string[]): boolean {
  const missing = new Set(Object.keys(words).filter(isWord));
  const said = (all: readonly Word[]): boolean => all.every((word) => !missing.has(word));
  for (const text of texts) {
    for (const word of missing) if (words[word].test(text)) missing.delete(word);
    if (said(titleOnly) || said(titleAndSummary)) return true;
  }
  return false;
}

/** A model that is not there is treated as that of a name is: the default one takes its place. */
export const titleModel = (models: ModelDirectory, { model }: TitlePolicy, asked: ModelEntry): ModelEntry =>
  models.find(model) ?? models.find('codex-5') ?? asked;
