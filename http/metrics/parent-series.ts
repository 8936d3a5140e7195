/** The series of the parent of several nodes: it serves nobody, so what it counts is what became of nodes, of its records and itself. */

import type { Watch } from '../../actors/diagnostics.ts';
import type { HttpHappenings } from '../happenings.ts';
import { Book, type SeriesNow } from './book.ts';
import { processSeries } from './process-series.ts';
import { runtimeSeries } from './runtime-series.ts';

/** `exits`: nodes that have ended while the host went on. */
export function parentSeries(watch: Watch<HttpHappenings>, exits: () => number): () => Promise<readonly SeriesNow[]> {
  const book = new Book();
  const samples = () => [{ labels: {}, value: exits() }];
  book.keep({ name: 'codex_node_exits_total', help: '' }, { type: 'counter', lines: 1, samples });
  runtimeSeries(book, watch);
  processSeries(book);
  return () => book.now();
}
