/**
 * One streamed chat completion of several choices, read and verified: each choice has its text and one end, nothing comes behind
 * it, `[DONE]` is last.
 */

import { type Play, playText } from './play.ts';
import type { Running } from './subject.ts';

const requestMs = 60_000;

export interface ChoicesRead {
  /** Until the first word of the choice that begins last. */
  readonly allBegunMs: number;
  readonly endedMs: number;
}

interface Choice {
  readonly index: number;
  readonly delta: { readonly content?: string | null };
  readonly finish_reason: string | null;
}

export async function readChoices({ port, headers }: Running, n: number, play: Play): Promise<ChoicesRead> {
  const startedMs = performance.now();
  const messages = [{ role: 'user', content: playText(play) }];
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', n, stream: true, messages }),
    signal: AbortSignal.timeout(requestMs),
  });
  if (answer.status !== 200 || answer.body === null) throw new Error(`status ${answer.status}`);
  const begunMs = new Map<number, number>();
  const ended = new Set<number>();
  let tail = '';
  let last = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (tail + chunk).split('\n');
    tail = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      last = line.slice(6);
      const choices = last.startsWith('{') ? (JSON.parse(last) as { choices: readonly Choice[] }).choices : [];
      for (const { index, delta, finish_reason: reason } of choices) {
        if (ended.has(index)) throw new Error(`something behind the end of choice ${index}`);
        if (delta.content && !begunMs.has(index)) begunMs.set(index, performance.now() - startedMs);
        if (reason !== null) ended.add(index);
      }
    }
  }
  if (last !== '[DONE]' || ended.size !== n || begunMs.size !== n)
    throw new Error(
      `${begunMs.size} of ${n} choices began and ${ended.size} ended; the last line was ${last.slice(0, 20)}`,
    );
  return { allBegunMs: Math.max(...begunMs.values()), endedMs: performance.now() - startedMs };
}
