/** What a child process writes, line by line, and a way to wait for a line that neither polls nor waits for ever. */

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { logText, readLogLine } from './log-text.ts';

type Watcher = { readonly look: (line: string) => void; readonly fail: (why: string) => void };

const tailLines = 40;

export class Lines {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** The log, on stdout: as it is, and as `logText` shows it. */
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  readonly journal: string[] = [];
  /** Both streams, in the order of arrival; lines of the log as in `journal`. */
  readonly all: string[] = [];
  readonly #watchers = new Set<Watcher>();
  #ended = false;

  constructor(child: ChildProcess, seen: (line: string) => void) {
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = child[name];
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (raw) => {
        this[name].push(raw);
        const logged = name === 'stdout' ? readLogLine(raw) : null;
        const line = logged === null ? raw : logText(logged);
        if (logged !== null) {
          this.logged.push(logged);
          this.journal.push(line);
        }
        this.all.push(line);
        seen(line);
        for (const watcher of [...this.#watchers]) watcher.look(line);
      });
    }
    child.once('close', () => {
      this.#ended = true;
      for (const watcher of [...this.#watchers]) watcher.fail('the process ended');
    });
  }

  /** The first line, past or coming, that the predicate accepts; with `from`, none of the first `from` lines of `all`. */
  until(accepts: (line: string) => boolean, timeoutMs = 10_000, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        finish();
      };
      const watcher: Watcher = {
        look: (line) => {
          if (accepts(line)) settle(() => resolve(line));
        },
        fail: (why) => settle(() => reject(new Error(`no such line, ${why}: ${accepts.toString()}\n${this.tail()}`))),
      };
      const timer = setTimeout(() => watcher.fail(`not within ${timeoutMs} ms`), timeoutMs);
      this.#watchers.add(watcher);
      const found = this.all.slice(from).find(accepts);
      if (found !== undefined) settle(() => resolve(found));
      else if (this.#ended) watcher.fail('the process ended');
    });
  }

  tail(): string {
    return this.all.slice(-tailLines).join('\n');
  }
}
