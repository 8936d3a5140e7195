/**
 * What a validator throws. One class for every wire shape, so a test can name the rule it expects and nothing else.
 *
 * Rules 1-9 are the numbered rules of the stream contract for Responses (`openai-api.md` 11); the chat rules carry
 * the names of that section's last paragraph; bodies are named after the section that fixes them.
 */
export type ResponsesRule = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
export type ChatRule =
  | 'chat.shape'
  | 'chat.identity'
  | 'chat.role'
  | 'chat.order'
  | 'chat.finish'
  | 'chat.tools'
  | 'chat.usage'
  | 'chat.failure';
export type ErrorBodyRule = '6.1' | '6.2' | '6.4';
export type Rule = ResponsesRule | ChatRule | ErrorBodyRule;

/** `eventIndex` counts data frames from 0 (comments and `[DONE]` excluded); null when no single frame is at fault. */
export class StreamViolation extends Error {
  override readonly name = 'StreamViolation';
  readonly rule: Rule;
  readonly eventIndex: number | null;
  readonly detail: string;

  constructor(rule: Rule, eventIndex: number | null, detail: string) {
    super(`rule ${rule}${eventIndex === null ? '' : `, event ${eventIndex}`}: ${detail}`);
    this.rule = rule;
    this.eventIndex = eventIndex;
    this.detail = detail;
  }
}

export function demand(held: boolean, rule: Rule, eventIndex: number | null, detail: string): asserts held {
  if (!held) throw new StreamViolation(rule, eventIndex, detail);
}
