/**
 * What goes into a worker's input. While the pipe is full, frames are held here, bounded; corked frames leave in one write.
 * Invariant: frames leave whole and in order.
 */

const heldMax = 256;

export class Outbox {
  readonly #write: (text: string) => boolean;
  readonly #dropped: () => void;
  #frames: string[] = [];
  #corks = 0;
  #full = false;

  constructor(write: (text: string) => boolean, dropped: () => void) {
    this.#write = write;
    this.#dropped = dropped;
  }

  get full(): boolean {
    return this.#full;
  }

  push(frame: string): void {
    if (this.#full && this.#frames.length >= heldMax) {
      this.#dropped();
      return;
    }
    this.#frames.push(frame);
    this.#flush();
  }

  cork(): void {
    this.#corks += 1;
  }

  uncork(): void {
    this.#corks -= 1;
    this.#flush();
  }

  drained(): void {
    this.#full = false;
    this.#flush();
  }

  #flush(): void {
    const [frame] = this.#frames;
    if (frame === undefined || this.#full || this.#corks > 0) return;
    const text = this.#frames.length === 1 ? frame : this.#frames.join('');
    this.#frames = [];
    this.#full = !this.#write(text);
  }
}
