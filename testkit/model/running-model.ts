/**
 * All running actors of a model together, step by step as they are told, with the model's monitors watching. Invariant: a
 * step that the running actors cannot take is not taken; faults are not counted.
 */

import { type Model, type ModelEvent, type Move, type Observed, type Reaction, stable, Violation } from './actor.ts';
import { type Interpreter, type RunningActor, runningActor } from './running.ts';
import type { StoryStep } from './story.ts';

/** What was heard first, in a step. */
export type First = Pick<Observed, 'actor' | 'event'>;

interface Member {
  readonly model: Model['actors'][number];
  readonly running: RunningActor;
  state: unknown;
}

export class RunningModel {
  /** What the first step that broke something broke. */
  violation: string | null = null;
  readonly #model: Model;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #queues: ModelEvent[][];
  readonly #ghosts: unknown[];
  #heard: First[] = [];

  constructor(model: Model, interpreter: Interpreter = 'chart') {
    this.#model = model;
    this.#members = new Map(
      model.actors.map((actor) => [
        actor.name,
        { model: actor, running: runningActor(actor, interpreter), state: undefined },
      ]),
    );
    this.#queues = model.links.map(() => []);
    this.#ghosts = model.monitors.map(({ initial }) => initial);
    for (const [name, member] of this.#members) {
      this.#settle(name, { type: 'start' }, member.running.start());
      this.#drain([]);
    }
  }

  /** What the running actors did; null: they cannot take this step. */
  step({ actor, event }: First): StoryStep | null {
    const told = stable(event);
    const queue = this.#queues.find(
      ([head], link) => this.#model.links[link]?.[1] === actor && head !== undefined && stable(head) === told,
    );
    if (queue !== undefined) queue.shift();
    else if (!this.#moves(actor).some((move) => stable(move.event) === told)) return null;
    this.#heard.push({ actor, event });
    const step: Observed[] = [];
    this.#drain(step);
    return step;
  }

  state(actor: string): unknown {
    return this.#member(actor).state;
  }

  /** What a link holds. */
  queue(link: number): readonly ModelEvent[] {
    return this.#queues[link] ?? [];
  }

  /** As JSON, what tells one state of everything from another. */
  facts(): string {
    const states = [...this.#members.values()].map(({ model, state }) => model.facts?.(state as never) ?? state);
    return stable([states, this.#queues]);
  }

  /** Nothing is under way, and nobody moves except by choice or by a fault. */
  rests(): boolean {
    return (
      this.#queues.every(({ length }) => length === 0) &&
      this.#model.actors.every(({ name }) =>
        this.#moves(name).every(({ kind }) => kind === 'choice' || kind === 'fault'),
      )
    );
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`model: there is no actor ${name}`);
    return member;
  }

  #moves(actor: string): readonly Move[] {
    const { model, state } = this.#member(actor);
    return model.moves(state as never);
  }

  #drain(step: Observed[]): void {
    for (const { actor, event } of this.#heard) {
      const { running } = this.#member(actor);
      step.push(this.#settle(actor, event, running.hear(event)));
    }
    this.#heard = [];
  }

  #settle(actor: string, event: ModelEvent, { next, commands, delays = [] }: Reaction<unknown>): Observed {
    this.#member(actor).state = next;
    const observed: Observed = { actor, event, commands, delays, taken: [] };
    for (const letter of commands.flatMap((command) => this.#model.deliver(actor, command))) {
      const link = this.#model.links.findIndex(([from, to]) => from === actor && to === letter.to);
      if (link < 0) this.#heard.push({ actor: letter.to, event: letter.event });
      else this.#queues[link]?.push(letter.event);
    }
    this.#watch(observed);
    return observed;
  }

  #watch(observed: Observed): void {
    for (const [index, monitor] of this.#model.monitors.entries()) {
      if (!monitor.about(observed)) continue;
      const verdict: unknown = monitor.observe(this.#ghosts[index] as never, observed);
      if (verdict instanceof Violation) this.violation ??= `${monitor.name}: ${verdict.text}`;
      else this.#ghosts[index] = verdict;
    }
  }
}
