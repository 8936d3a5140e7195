/**
 * Puts the pipes of real workers within reach of a test: `binary` starts the CLI unchanged, but what it reads comes through a
 * named pipe, and a second one leads to where it writes. Whoever opens these speaks to the CLI in the gateway's name, and to
 * the gateway in the CLI's. Invariant: the helpers end with the CLI, so that a worker's end looks as it does without them.
 */

import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { resolveBinary } from '../../transport/binary.ts';

/** The process keeps its id: what the gateway started becomes the CLI. Descriptor 9 ends the second helper with it. */
const script = `#!/bin/sh
codex="\${0%/*}/codex"
[ "$1" = app-server ] || exec "$codex" "$@"
place="\${0%/*}/$$"
mkdir "$place"
mkfifo "$place/in" "$place/out"
ln -s "$CODEX_SQLITE_HOME" "$place/state"
exec 3<&0
cat <&3 >"$place/in" &
cat <"$place/out" &
exec 3<&- 9>"$place/out"
exec "$codex" "$@" <"$place/in"
`;

export class Taps {
  readonly #folder = mkdtempSync(join(tmpdir(), 'codex-actors-taps-'));

  constructor() {
    const real = resolveBinary({ binary: null, cwd: process.cwd(), environment: process.env });
    if (!real.found) throw new Error(real.reason);
    symlinkSync(real.command, join(this.#folder, 'codex'));
    writeFileSync(this.binary, script, { mode: 0o755 });
  }

  /** For `CODEX_BIN`. */
  get binary(): string {
    return join(this.#folder, 'worker');
  }

  /** Every worker that ever began; its process id is the id of its group, too. */
  get pids(): readonly number[] {
    return readdirSync(this.#folder).map(Number).filter(Number.isInteger);
  }

  /** Null while there is none. */
  stateFolder(pid: number): string | null {
    try {
      return readlinkSync(join(this.#folder, String(pid), 'state'));
    } catch {
      return null;
    }
  }

  /** `in`: what the CLI reads; `out`: what it seems to have written. Throws when the worker is gone. */
  write(pid: number, pipe: 'in' | 'out', bytes: string | Uint8Array): void {
    const file = openSync(join(this.#folder, String(pid), pipe), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    } finally {
      closeSync(file);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
