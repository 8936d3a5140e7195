// The default scenario: a small talker without a model, so that an offline server feels alive. It quotes the user,
// recalls what was said, calls an offered tool when its name is mentioned, and fills a requested JSON schema.
// Invariant: the answer follows from the request alone.

import { functionCall } from './items-calls.ts';
import { reasoning } from './items-reasoning.ts';
import { message } from './items.ts';
import { isOutput, isUser, type Json, type ModelRequest, type OfferedTool, textParts } from './request.ts';
import { sampleOf } from './sample.ts';
import { lastOutputs, sampled } from './scenarios-output.ts';
import type { Scenario, Scene, Step } from './steps.ts';

const quoteChars = 120;
const small = new Set('what which where when does have tell about that this with your from please know'.split(' '));

function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const points = Array.from(line);
  return points.length > quoteChars ? `${points.slice(0, quoteChars).join('')}…` : line;
}

function wordsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).filter((word) => !small.has(word));
}

// A question is answered with the earlier message that shares most of its words; the latest wins a tie.
function recall(question: string, earlier: readonly string[]): string | undefined {
  if (/\b(first|begin|start)\b/i.test(question)) return earlier[0];
  const asked = new Set(wordsOf(question));
  let best: string | undefined;
  let bestShared = 0;
  for (const text of earlier) {
    const shared = new Set(wordsOf(text).filter((word) => asked.has(word))).size;
    if (shared > 0 && shared >= bestShared) [best, bestShared] = [text, shared];
  }
  return best;
}

function textFor(request: ModelRequest): string {
  const outputs = lastOutputs(request.input);
  if (outputs.length > 0) return `The tool says: ${quote(outputs.join('; '))}`;
  const said = request.input.filter(isUser).map((item) => textParts(item).join('\n'));
  const last = said.at(-1) ?? '';
  const remembered = last.includes('?') ? recall(last, said.slice(0, -1)) : undefined;
  if (remembered !== undefined) return `Earlier you said: “${quote(remembered)}”.`;
  if (last.trim() === '') return 'Hello! I am the offline model. Say something and I will repeat a bit of it.';
  return `Hello! You said: “${quote(last)}”. I am the offline model, turn ${said.length} of our talk.`;
}

function wantedTool(request: ModelRequest): OfferedTool | undefined {
  const last = request.input.at(-1);
  if (last === undefined || isOutput(last)) return undefined;
  const said = new Set(wordsOf(lastUserText(request.input)));
  return request.tools.find((tool) => wordsOf(tool.name.replaceAll(/[_-]/g, ' ')).some((word) => said.has(word)));
}

function lastUserText(input: readonly Json[]): string {
  const item = input.findLast(isUser);
  return item === undefined ? '' : textParts(item).join('\n');
}

function* talk(scene: Scene): Generator<Step> {
  const { request } = scene;
  if (request.wantsSummary) yield* reasoning(scene);
  const tool = wantedTool(request);
  if (tool !== undefined) {
    const args = JSON.stringify(sampleOf(tool.parameters));
    return yield* functionCall(scene, { name: tool.name, args, namespace: tool.namespace });
  }
  const text = request.schema === undefined ? textFor(request) : JSON.stringify(sampleOf(request.schema));
  // A word with its space is one delta, which looks like a model typing.
  yield* message(scene, { pieces: text.match(/\S+\s*/gu) ?? [] });
}

export const talkScenario: Scenario = sampled(talk);
