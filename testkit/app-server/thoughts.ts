/**
 * The reasoning item of a sampling: summary parts, raw chain of thought, encrypted content. Invariant: summary indexes are
 * gap-free, and steps outside an open item write nothing.
 */
import type { JsonObject } from './lines.ts';
import type { Step } from './script.ts';
import type { TurnLines } from './turn-lines.ts';

interface Options {
  readonly lines: TurnLines;
  readonly now: () => number;
  readonly turnId: string;
  readonly keep: (item: JsonObject) => void;
  readonly mint: () => string;
}

export interface Thoughts {
  forget(): void;
  /** False: not a step of reasoning. */
  play(step: Step): boolean;
}

interface Open {
  readonly id: string;
  readonly startedAtMs: number;
  readonly parts: string[];
  content: string;
}

export function createThoughts({ lines, now, turnId, keep, mint }: Options): Thoughts {
  let open: Open | null = null;

  const view = ({ id, startedAtMs, parts, content }: Open, completedAtMs: number | null): JsonObject => ({
    type: 'reasoning',
    id,
    summary: [...parts],
    content: content === '' ? [] : [content],
    startedAtMs,
    completedAtMs,
  });
  const say = (kind: string, item: Open, params: JsonObject): void =>
    lines.scoped(`item/reasoning/${kind}`, { itemId: item.id, ...params });
  const close = (item: Open, encrypted: string | null): void => {
    lines.completed(view(item, now()));
    keep({
      type: 'reasoning',
      id: item.id,
      summary: item.parts.map((text) => ({ type: 'summary_text', text })),
      content: item.content === '' ? null : [{ type: 'reasoning_text', text: item.content }],
      encrypted_content: encrypted,
      internal_chat_message_metadata_passthrough: { turn_id: turnId },
    });
    open = null;
  };
  const summarise = (item: Open, text: string): void => {
    const summaryIndex = Math.max(0, item.parts.length - 1);
    item.parts[summaryIndex] = (item.parts[summaryIndex] ?? '') + text;
    say('summaryTextDelta', item, { delta: text, summaryIndex });
  };

  return {
    forget() {
      open = null;
    },
    play(step) {
      if (step.do === 'reason') {
        open = { id: step.id ?? mint(), startedAtMs: now(), parts: [], content: '' };
        lines.started(view(open, null));
        return true;
      }
      if (!['part', 'summary', 'thought', 'reasoned'].includes(step.do)) return false;
      if (open === null) return true;
      if (step.do === 'part') say('summaryPartAdded', open, { summaryIndex: open.parts.push('') - 1 });
      if (step.do === 'summary') summarise(open, step.text);
      if (step.do === 'thought') {
        open.content += step.text;
        say('textDelta', open, { delta: step.text, contentIndex: 0 });
      }
      if (step.do === 'reasoned') close(open, step.encrypted);
      return true;
    },
  };
}
