/**
 * The parent's end of all pipes: it talks with each node, and passes on what they say to each other. Invariants: what one node says
 * to another arrives in order or both hear that the other is gone; a node that does not read makes those wait who talk to it, and
 * nobody else; nothing reaches a later life of a node.
 */

import type { Duplex } from 'node:stream';
import type { Frame, Link } from '../actors/link.ts';
import { addressed, encodeFrame, type LinkLimits, linkLimits, parentPlace, type Place } from './frames.ts';
import { CarriedLink } from './link.ts';
import { type RouteChange, routeFrame, routeOf } from './routes.ts';
import { Trunk } from './trunk.ts';

interface Line {
  readonly place: Place;
  readonly trunk: Trunk;
  /** Those who were told to hold back for it. */
  readonly held: Set<Line>;
}

export class Switchboard {
  readonly #limits: LinkLimits;
  readonly #lines = new Map<number, Line>();
  #lives = 0;

  constructor(limits: LinkLimits = linkLimits) {
    this.#limits = limits;
  }

  /** The pipe of a node that was started; all others hear that it is up. An earlier one of that node is closed. */
  connect(node: number, pipe: Duplex): Link {
    this.#lines.get(node)?.trunk.close('the node was started anew');
    this.#lives += 1;
    const place = { node, life: this.#lives & 0xff_ff_ff };
    const trunk: Trunk = new Trunk(pipe, this.#limits, {
      heard: (to, body) => {
        if (to.node === parentPlace.node) link.hear(body);
        else this.#pass(line, to, body);
      },
      drained: () => {
        link.drained(trunk.full);
        for (const one of line.held) this.#tell(one, 'go', place);
        line.held.clear();
      },
      closed: (reason) => {
        if (this.#lines.get(node) === line) this.#lines.delete(node);
        for (const one of this.#lines.values()) {
          one.held.delete(line);
          this.#tell(one, 'down', place);
        }
        link.ended(reason);
      },
    });
    const { frameBytesMax } = this.#limits;
    const link: CarriedLink = new CarriedLink(parentPlace, {
      frameBytesMax,
      write: (bytes) => trunk.write(bytes),
      closed: (reason) => trunk.close(reason),
    });
    link.onFrame((frame) => this.#blame(frame));
    const line: Line = { place, trunk, held: new Set() };
    for (const one of this.#lines.values()) {
      this.#tell(one, 'up', place);
      this.#tell(line, 'up', one.place);
    }
    this.#lines.set(node, line);
    return link;
  }

  #pass(from: Line, to: Place, body: Uint8Array): void {
    const line = this.#lines.get(to.node);
    // The sender hears, or has heard, that it is gone.
    if (line?.place.life !== to.life) return;
    // Not the one that is slow pays for one that does not hold back.
    if (line.trunk.waitingBytes + body.length > this.#limits.waitingBytesMax) {
      from.trunk.close('it does not hold back for others');
      return;
    }
    if (line.trunk.write(addressed(from.place, body)) || line.held.has(from)) return;
    line.held.add(from);
    this.#tell(from, 'hold', line.place);
  }

  /** A node that sends nonsense to one would do so to the next: it is replaced. */
  #blame(frame: Frame): void {
    const route = routeOf(frame);
    if (route?.change !== 'fault') return;
    const line = this.#lines.get(route.node);
    if (line?.place.life === route.life) line.trunk.close('it sent another node what is no frame');
  }

  #tell({ trunk }: Line, change: RouteChange, place: Place): void {
    trunk.write(encodeFrame(parentPlace, routeFrame(change, place), this.#limits.frameBytesMax));
  }
}
