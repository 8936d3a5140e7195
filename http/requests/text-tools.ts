/** The tools of a request by each name under which a model may write a call in its text. */

import { type OutputTerms, plainOutput, type TextTool } from '../../actors/terms.ts';
import type { Toolbox } from './toolbox.ts';

type Asked = Omit<OutputTerms, 'textTools'>;

/** By the terms that they are made of, which are the operator's: few, and the same for many requests. */
const silent = new WeakMap<Asked, OutputTerms>();

function silenced(output: Asked): OutputTerms {
  const known = silent.get(output);
  if (known !== undefined) return known;
  const made = { ...output, textCalls: false, textTools: plainOutput.textTools };
  silent.set(output, made);
  return made;
}

/** Where tools were declared and none is offered, no text is a call either. */
export function withTextTools(
  output: Asked,
  { callable, isSilent }: Pick<Toolbox, 'callable' | 'isSilent'>,
): OutputTerms {
  if (!output.textCalls || isSilent) return silenced(output);
  const textTools = new Map<string, TextTool>();
  for (const { name, ...tool } of callable) {
    if (!textTools.has(tool.tool.name)) textTools.set(tool.tool.name, tool);
    textTools.set(name, tool);
  }
  return { ...output, textTools };
}
