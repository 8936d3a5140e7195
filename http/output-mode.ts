/**
 * What the answer to a request looks like: the operator's settings, the mode that the client asks for, and for chat what kind of
 * client it seems to be. Invariant: an OpenAI client that says nothing finds no block in its text unless the operator wants it to.
 */

import type { OutputMode, OutputTerms } from '../actors/terms.ts';
import type { CopilotVerdict } from './copilot.ts';

export interface OutputPolicy extends Omit<OutputTerms, 'mode' | 'textTools'> {
  readonly chat: 'auto' | OutputMode;
  readonly responses: OutputMode;
  /** Clients that are surely Obsidian Copilot get blocks in chat, whatever `chat` says. */
  readonly detectCopilot: boolean;
}

export interface Asking {
  readonly api: 'chat' | 'responses';
  /** The header `x-proxy-output-mode`. */
  readonly header: string;
  readonly tier: CopilotVerdict['tier'];
}

const names: ReadonlyMap<string, OutputMode> = new Map([
  ['obsidian', 'obsidian-xml'],
  ['obsidian-xml', 'obsidian-xml'],
  ['obsidian_xml', 'obsidian-xml'],
  ['openai', 'openai-json'],
  ['openai-json', 'openai-json'],
  ['openai_json', 'openai-json'],
]);

export function outputMode(
  { chat, responses, detectCopilot }: OutputPolicy,
  { api, header, tier }: Asking,
): OutputMode {
  const asked = header === '' ? undefined : names.get(header.trim().toLowerCase());
  if (asked !== undefined) return asked;
  if (api === 'responses') return responses;
  if (detectCopilot && tier === 'high') return 'obsidian-xml';
  if (chat !== 'auto') return chat;
  return tier === null ? 'openai-json' : 'obsidian-xml';
}

type Shown = Omit<OutputTerms, 'textTools'>;

const shown = (policy: OutputPolicy, mode: OutputMode): Shown => {
  const { chat: _, responses: __, detectCopilot: ___, ...terms } = policy;
  const isXml = mode === 'obsidian-xml';
  return {
    ...terms,
    mode,
    textCalls: terms.textCalls || isXml,
    stopAfterCalls: terms.stopAfterCalls && isXml,
  };
};

/** One object for all requests of a mode. */
const known = new WeakMap<OutputPolicy, Readonly<Record<OutputMode, Shown>>>();

/** The terms of an answer, but for the tools of its request. */
export function outputTerms(policy: OutputPolicy, asking: Asking): Shown {
  let modes = known.get(policy);
  if (modes === undefined) {
    modes = { 'obsidian-xml': shown(policy, 'obsidian-xml'), 'openai-json': shown(policy, 'openai-json') };
    known.set(policy, modes);
  }
  return modes[outputMode(policy, asking)];
}

/** A switch, or the text itself. */
export function blockDelimiter(value: string): string {
  const word = value.trim().toLowerCase();
  if (word === '' || word === 'false') return '';
  return word === 'true' ? '\n\n' : value.replaceAll('\\n', '\n');
}
