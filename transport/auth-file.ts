/**
 * Whether the credentials in the home were changed by somebody, such as an operator who has copied an `auth.json` there:
 * a running worker does not look. Invariant: each change is told once, and the disappearance of the file is none.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '../actors/seams.ts';

export class AuthFile implements Credentials {
  readonly #path: string;
  #seen: string;

  constructor(home: string) {
    this.#path = join(home, 'auth.json');
    this.#seen = this.#stamp();
  }

  renewed(): boolean {
    const stamp = this.#stamp();
    const changed = stamp !== this.#seen;
    this.#seen = stamp;
    return changed && stamp !== '';
  }

  #stamp(): string {
    try {
      const { ino, size, mtimeMs } = statSync(this.#path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return '';
    }
  }
}
