/**
 * A node's end of its pipe: the link to the parent, and one to each other node that is up, which the parent tells of. Invariant:
 * whoever is told of a node gets a link that hears that life of it only; when the pipe closes, all links close; a node that sends
 * what is no frame is told of to the parent, which ends it.
 */

import type { Duplex } from 'node:stream';
import type { Frame, Link, Neighbours } from '../actors/link.ts';
import { type LinkLimits, linkLimits, parentPlace } from './frames.ts';
import { CarriedLink } from './link.ts';
import { routeFrame, routeOf } from './routes.ts';
import { Trunk } from './trunk.ts';

export class NodeLinks implements Neighbours {
  readonly self: number;
  readonly parent: Link;
  readonly #trunk: Trunk;
  readonly #limits: LinkLimits;
  readonly #parent: CarriedLink;
  readonly #others = new Map<number, CarriedLink>();
  readonly #risen: ((node: number, link: Link) => void)[] = [];

  constructor(self: number, pipe: Duplex, limits: LinkLimits = linkLimits) {
    this.self = self;
    this.#limits = limits;
    this.#trunk = new Trunk(pipe, limits, {
      heard: ({ node, life }, body) => {
        if (node === parentPlace.node) return this.#parent.hear(body);
        const link = this.#others.get(node);
        if (link?.place.life === life) link.hear(body);
      },
      drained: () => {
        for (const link of this.#all()) link.drained(this.#trunk.full);
      },
      closed: (reason) => {
        for (const link of this.#all()) link.ended(reason);
        this.#others.clear();
      },
    });
    this.#parent = this.#link(parentPlace.node, parentPlace.life, (reason) => this.#trunk.close(reason));
    this.parent = this.#parent;
    this.#parent.onFrame((frame) => this.#route(frame));
  }

  link(node: number): Link | null {
    return this.#others.get(node) ?? null;
  }

  onUp(risen: (node: number, link: Link) => void): void {
    this.#risen.push(risen);
    for (const [node, link] of this.#others) risen(node, link);
  }

  #all(): readonly CarriedLink[] {
    return [this.#parent, ...this.#others.values()];
  }

  #link(node: number, life: number, closed: (reason: string, fault: boolean) => void): CarriedLink {
    const { frameBytesMax } = this.#limits;
    return new CarriedLink({ node, life }, { frameBytesMax, write: (bytes) => this.#trunk.write(bytes), closed });
  }

  #route(frame: Frame): void {
    const route = routeOf(frame);
    if (route === null) return;
    const { change, node, life } = route;
    const known = this.#others.get(node);
    if (change === 'up') this.#rise(node, life);
    else if (known?.place.life !== life) return;
    else if (change === 'hold') known.hold();
    else if (change === 'go') known.drained(this.#trunk.full, true);
    else if (change === 'down') {
      this.#others.delete(node);
      known.ended('the node is gone');
    }
  }

  #rise(node: number, life: number): void {
    const before = this.#others.get(node);
    // Closed from here: nothing more is heard of this life of the other node, and with a fault it has no other days.
    const link = this.#link(node, life, (_, fault) => {
      if (this.#others.get(node) === link) this.#others.delete(node);
      if (fault) this.#parent.send(routeFrame('fault', link.place));
    });
    this.#others.set(node, link);
    before?.ended('the node is gone');
    for (const risen of this.#risen) risen(node, link);
  }
}
