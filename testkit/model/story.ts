/**
 * How a state came about, as a person would tell it: one line a step, a Mermaid sequence diagram, or JSON that can be
 * replayed on running actors. Invariant: a story is a run of the model, step by step from the initial state.
 */

import { type Model, type ModelEvent, type Observed, stable } from './actor.ts';
import type { Composition } from './composition.ts';
import type { Searched, Sighting } from './search.ts';

/** One step: what was heard first, and what was heard at once because of it. */
export type StoryStep = readonly Observed[];

export interface Story {
  /** The property and what happened to it. */
  readonly text: string;
  readonly steps: readonly StoryStep[];
  /** What goes on for ever after these steps; empty: nothing any more. Absent where the last step is the end of it. */
  readonly lasting?: readonly StoryStep[];
}

const copy = (composition: Composition): StoryStep => composition.rows.map(({ observed }) => observed);

/** The numbers of the states from the initial one to `state`. */
const pathTo = ({ parents }: Searched, state: number): number[] => {
  const path: number[] = [];
  for (let at = state; at !== 0; at = parents.at(at)) path.push(at);
  return path.reverse();
};

class Teller {
  readonly steps: StoryStep[] = [];
  readonly #searched: Searched;
  #vector: Uint16Array;

  constructor(searched: Searched) {
    this.#searched = searched;
    this.#vector = searched.composition.initial();
  }

  /** Takes the first step for which `wanted` holds. */
  take(wanted: (composition: Composition) => boolean): void {
    const { composition } = this.#searched;
    let after: Uint16Array | null = null;
    composition.successors(this.#vector, () => {
      if (after !== null || !wanted(composition)) return;
      after = composition.next.slice();
      this.steps.push(copy(composition));
    });
    if (after === null) throw new Error('story: the model does not repeat itself');
    this.#vector = after;
  }

  follow(path: readonly number[]): void {
    const { states, symmetry } = this.#searched;
    for (const state of path)
      this.take(({ next }) => states.find(symmetry === null ? next : symmetry.canonical(next)) === state);
  }
}

/** The shortest story that ends with a reaction; the search must not be reduced by symmetry. */
export const sightingStory = (searched: Searched, text: string, { state, step }: Sighting): Story => {
  const teller = new Teller(searched);
  teller.follow(pathTo(searched, state));
  let at = -1;
  teller.take(() => (at += 1) === step);
  return { text, steps: teller.steps };
};

/** The shortest story that ends with a violation. */
export const violationStory = (searched: Searched): Story => {
  const { found } = searched;
  if (found === null) throw new Error('story: nothing was found');
  const teller = new Teller(searched);
  if (found.step >= 0) {
    teller.follow(pathTo(searched, found.state));
    teller.take(({ violation }) => violation === found.text || (searched.symmetry !== null && violation !== null));
  }
  return { text: found.text, steps: teller.steps };
};

/** The story of something that goes on for ever: the way there, then the states that repeat. */
export const lastingStory = (searched: Searched, text: string, states: readonly number[]): Story => {
  const [first = 0] = states;
  const teller = new Teller(searched);
  const path = pathTo(searched, first);
  teller.follow([...path, ...states.slice(1)]);
  return { text, steps: teller.steps.slice(0, path.length), lasting: teller.steps.slice(path.length) };
};

const show = ({ type, ...members }: ModelEvent): string => {
  const told = Object.values(members).map((member) => (typeof member === 'string' ? member : stable(member)));
  return told.length === 0 ? type : `${type} ${told.join(' ').replaceAll('"', '')}`;
};

/** As in `stream/resp_0 <- lease.granted {epoch:1,slot:0}; turn.start resp_0 ...`. */
export const line = ({ actor, event, commands }: Observed): string => {
  const said = commands.map(show).join('; ');
  return `${actor} <- ${show(event)}${said === '' ? '' : `; ${said}`}`;
};

const lines = (steps: readonly StoryStep[]): string[] =>
  steps.map((step, index) => `${String(index + 1).padStart(3)}  ${step.map(line).join('  |  ')}`);

/** One line a step, and the end. */
export const tell = ({ text, steps, lasting }: Story): string => {
  if (lasting === undefined) return [...lines(steps), `     ${text}`].join('\n');
  const rest = lasting.length === 0 ? ['     and there it rests'] : ['     and then, for ever:', ...lines(lasting)];
  return [...lines(steps), ...rest, `     ${text}`].join('\n');
};

/** The same as a Mermaid sequence diagram; `deliver` says for whom a command is. */
export const mermaid = ({ text, steps, lasting = [] }: Story, { deliver }: Pick<Model, 'deliver'>): string => {
  const all = [...steps, ...lasting].flat();
  const posts = all.flatMap(({ actor, commands }) => commands.flatMap((command) => deliver(actor, command)));
  const names = [...new Set([...all.map(({ actor }) => actor), ...posts.map(({ to }) => to)])];
  const id = (name: string): string => name.replaceAll(/\W/gu, '_');
  const plain = (event: ModelEvent): string => show(event).replaceAll(/[;#]/gu, ',').replaceAll(/[{}]/gu, '');
  const note = (actor: string, told: string): string => `  Note over ${id(actor)}: ${told}`;
  return [
    'sequenceDiagram',
    ...names.map((name) => `  participant ${id(name)} as ${name}`),
    ...all.flatMap(({ actor, event, commands }) => [
      note(actor, plain(event)),
      ...commands.flatMap((command) => {
        const to = deliver(actor, command);
        if (to.length === 0) return [note(actor, `says ${plain(command)}`)];
        return to.map((posted) => `  ${id(actor)}->>${id(posted.to)}: ${plain(posted.event)}`);
      }),
    ]),
    note(names[0] ?? 'nobody', text.replaceAll(/[;#]/gu, ',')),
  ].join('\n');
};
