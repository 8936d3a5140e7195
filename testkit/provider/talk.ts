// The default scenario: a small talker without a model, so that an offline server feels alive and a client can be judged
// by what it asks for. It says what it is told to say, counts, goes on at length, recalls what was said, calls an offered
// tool when its name is mentioned or when it must, and fills a requested JSON schema. Else it quotes the user.
// Invariant: the answer follows from the request alone.

import { functionCall } from './items-calls.ts';
import { reasoning } from './items-reasoning.ts';
import { message } from './items.ts';
import { fillerText } from './pieces.ts';
import * as prompt from './prompt.ts';
import { isOutput, type ModelRequest, type OfferedTool } from './request.ts';
import { lastOutputs, sampled } from './scenarios-output.ts';
import type { Scenario, Scene, Step } from './steps.ts';
import { objectFor, valuesFor } from './values.ts';

const quoteChars = 120;
const longChars = 4000;
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
  const said = prompt.userTexts(request);
  const last = said.at(-1) ?? '';
  const wanted = prompt.dictated(last) ?? prompt.counted(last);
  if (wanted !== undefined) return wanted;
  const remembered = last.includes('?') ? recall(last, said.slice(0, -1)) : undefined;
  if (remembered !== undefined) return `Earlier you said: “${quote(remembered)}”.`;
  if (last.trim() === '') return 'Hello! I am the offline model. Say something and I will repeat a bit of it.';
  const answer = `Hello! You said: “${quote(last)}”. I am the offline model, turn ${said.length} of our talk.`;
  return prompt.wantsLength(last) ? `${answer} ${fillerText(longChars)}` : answer;
}

/** The tools to call: those whose names are mentioned, one unless the user wants several; some tool if one must be called. */
function wantedTools(request: ModelRequest): readonly OfferedTool[] {
  const must = prompt.mustCall(request);
  const last = request.input.at(-1);
  if (!must && (last === undefined || isOutput(last))) return [];
  const text = prompt.lastUserText(request);
  const said = new Set(wordsOf(text));
  const named = request.tools.filter((tool) =>
    wordsOf(tool.name.replaceAll(/[_-]/g, ' ')).some((word) => said.has(word)),
  );
  if (named.length === 0 && must) return request.tools.slice(0, 1);
  return prompt.wantsSeveral(text) ? named : named.slice(0, 1);
}

function answerFor(request: ModelRequest): string {
  if (request.schema !== undefined) return JSON.stringify(valuesFor(request.schema, prompt.lastUserText(request)));
  if (prompt.mustBeJson(request)) return JSON.stringify(objectFor(prompt.lastUserText(request)));
  return textFor(request);
}

function* talk(scene: Scene): Generator<Step> {
  const { request } = scene;
  if (request.wantsSummary || prompt.wantsThought(request)) yield* reasoning(scene);
  const tools = wantedTools(request);
  for (const { name, namespace, parameters } of tools) {
    const args = JSON.stringify(valuesFor(parameters, prompt.lastUserText(request)));
    yield* functionCall(scene, { name, args, namespace });
  }
  // A word with its space is one delta, which looks like a model typing.
  if (tools.length === 0) yield* message(scene, { pieces: answerFor(request).match(/\s*\S+\s*/gu) ?? [] });
}

export const talkScenario: Scenario = sampled(talk);
