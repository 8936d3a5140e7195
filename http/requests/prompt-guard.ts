/** `PROXY_MAX_PROMPT_TOKENS`: a prompt that is too long by estimate is refused before anybody is asked. */

import { tokensOfChars } from '../../actors/estimate.ts';
import type { JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { promptTexts } from './prompt-text.ts';

/** `tokensMax` 0: no limit. `param`: where the conversation came from. */
export function guardPrompt(
  tokensMax: number,
  conversation: readonly JsonObject[],
  instructions: string | null,
  param: string,
): void {
  if (tokensMax === 0) return;
  let chars = instructions?.length ?? 0;
  for (const text of promptTexts(conversation)) chars += text.length;
  if (tokensOfChars(chars) <= tokensMax) return;
  throw new RequestError('prompt_too_long', 'context length exceeded', param);
}
