/**
 * A story of the house that is kept: what once went wrong, where, and step by step. Invariant: the text of a trace depends on
 * nothing but the story.
 */

import { stable } from '../actor.ts';
import { type Replayed, replay } from '../replay.ts';
import type { Story } from '../story.ts';
import { type HouseScope, houseModel, type Machines, shipped } from './house.ts';

export interface Trace extends Story {
  readonly scope: HouseScope;
}

/** One line a step. */
export const traceText = (scope: HouseScope, { text, steps, lasting }: Story): string => {
  const list = (all: Story['steps']): string => (all.length === 0 ? '[]' : `[\n${all.map(stable).join(',\n')}\n]`);
  const members = [
    `"text": ${stable(text)}`,
    `"scope": ${stable(scope)}`,
    `"steps": ${list(steps)}`,
    ...(lasting === undefined ? [] : [`"lasting": ${list(lasting)}`]),
  ];
  return `{\n${members.join(',\n')}\n}\n`;
};

export const readTrace = (text: string): Trace => JSON.parse(text) as Trace;

/** Plays a story of a scope on running machines. */
export const replayStory = (story: Story, scope: HouseScope, machines: Machines = shipped): Replayed =>
  replay(houseModel(scope, machines), story);
