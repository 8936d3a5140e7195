/** The tools of a request by each name under which a model may write a call in its text. */

import { type OutputTerms, plainOutput, type TextTool } from '../../actors/terms.ts';
import type { Toolbox } from './toolbox.ts';

type Asked = Omit<OutputTerms, 'textTools'>;

/** Where tools were declared and none is offered, no text is a call either. */
export function withTextTools(
  output: Asked,
  { callable, isSilent }: Pick<Toolbox, 'callable' | 'isSilent'>,
): OutputTerms {
  if (!output.textCalls || isSilent) return { ...output, textCalls: false, textTools: plainOutput.textTools };
  const textTools = new Map<string, TextTool>();
  for (const { name, ...tool } of callable) {
    if (!textTools.has(tool.tool.name)) textTools.set(tool.tool.name, tool);
    textTools.set(name, tool);
  }
  return { ...output, textTools };
}
