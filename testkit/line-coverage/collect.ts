/**
 * Runs in every test process under `npm run coverage:unit`: which lines of our sources were executed, by V8's own counters. One
 * small file a test file goes to `COVERAGE_FOLDER`. Lines are those of the code as it ran, without types.
 */

import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = join(import.meta.dirname, '../..');
const counted = /\/(machines|actors|transport|http)\/(?!.*\.(test|e2e|parity)\.ts$).*\.ts$/;

/** By line, counted from 1: how often it was reached. */
export type LineCounts = Record<number, number>;

interface Span {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** The count at each offset: an inner range overrides the one around it. */
export function countsAt(offsets: readonly number[], spans: readonly Span[]): readonly number[] {
  const nested = spans.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  return offsets.map((offset) => {
    let count = 1;
    for (const span of nested) {
      if (span.startOffset > offset) break;
      if (offset < span.endOffset) ({ count } = span);
    }
    return count;
  });
}

/** Of a script as it ran: types are gone, and with them its line numbers; what is left is the same in every process. */
export function linesOf(source: string, spans: readonly Span[]): LineCounts {
  const starts: { readonly offset: number; readonly line: number }[] = [];
  let at = 0;
  for (const [index, text] of source.split('\n').entries()) {
    const column = text.search(/[^\s})\];,]/);
    const isCode = column >= 0 && !/^\s*(\/[/*]|\*)|__vite_ssr_(exportName|import)__/.test(text);
    if (isCode) starts.push({ offset: at + column, line: index + 1 });
    at += text.length + 1;
  }
  const counts = countsAt(
    starts.map(({ offset }) => offset),
    spans,
  );
  return Object.fromEntries(starts.map(({ line }, index) => [line, counts[index] ?? 0]));
}

const { COVERAGE_FOLDER: folder } = process.env;

if (folder !== undefined) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

  afterAll(() => {
    session.post('Profiler.takePreciseCoverage', (failure, taken) => {
      if (failure !== null) throw failure;
      session.post('Debugger.enable');
      const found: Record<string, LineCounts> = {};
      for (const { scriptId, url, functions } of taken.result) {
        const path = url.startsWith('file://') ? fileURLToPath(url.split('?')[0] ?? '') : url;
        if (!path.startsWith(root) || !counted.test(path)) continue;
        session.post('Debugger.getScriptSource', { scriptId }, (_, script) => {
          found[path.slice(root.length + 1)] = linesOf(
            script.scriptSource,
            functions.flatMap(({ ranges }) => ranges),
          );
        });
      }
      writeFileSync(join(folder, `${process.pid}-${performance.now()}.json`), JSON.stringify(found));
      session.disconnect();
    });
  });
}
