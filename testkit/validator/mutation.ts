/**
 * How tests break a worked example: small edits on its frames, each changing one thing, so that a refusal can be
 * blamed on one rule. Frames are fresh copies; edits may change them in place.
 */
import { type Frame, type ResponsesFixture, renumbered, responsesText, bytesOf } from '../fixtures/fixture.ts';
import { type ResponsesOptions, validateResponsesStream } from './responses.ts';
import { StreamViolation } from './violation.ts';

/** The rule a run is refused by, or `accepted`; any other error is a bug and passes through. */
export function ruleOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof StreamViolation) return error.rule;
    throw error;
  }
  return 'accepted';
}

export const judged = (frames: readonly Frame[], options: ResponsesOptions = {}): unknown =>
  ruleOf(() => validateResponsesStream(bytesOf(responsesText(frames)), options));

export type Edit = (frames: Frame[]) => Frame[];

export const typed = (frames: readonly Frame[], type: string): Frame => {
  const found = frames.find((frame) => frame['type'] === type);
  if (found === undefined) throw new Error(`fixture has no ${type}`);
  return found;
};
export const drop =
  (type: string): Edit =>
  (frames) =>
    renumbered(frames.toSpliced(frames.indexOf(typed(frames, type)), 1));
/** Walks a path such as `item.content.0.text` inside the first frame of a type and sets its last step. */
export const set =
  (type: string, path: string, value: unknown): Edit =>
  (frames) => {
    const steps = path.split('.');
    let place = typed(frames, type);
    for (const step of steps.slice(0, -1)) place = place[step] as Frame;
    const last = steps.at(-1) ?? '';
    if (value === undefined) delete place[last];
    else place[last] = value;
    return frames;
  };
export const insert =
  (at: number, frame: Frame): Edit =>
  (frames) =>
    renumbered(frames.toSpliced(at, 0, frame));
export const every =
  (...edits: readonly Edit[]): Edit =>
  (frames) =>
    edits.reduce((edited, edit) => edit(edited), frames);
export const last =
  (path: string, value: unknown): Edit =>
  (frames) =>
    set(String(frames.at(-1)?.['type']), path, value)(frames);

export const terminal = (frames: readonly Frame[]): Frame => (frames.at(-1) as Frame)['response'] as Frame;

/** One line of a mutation table; `rule` is who must refuse it. */
export type Row = readonly [row: string, fixture: ResponsesFixture, rule: number, edit: Edit];
