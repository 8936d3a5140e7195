import { expect, test } from 'vitest';
import type { Journal } from '../actors/seams.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { OnceJournal } from './once-journal.ts';
import { StderrJournal } from './stderr.ts';

const bubblewrap =
  'Codex could not find bubblewrap on PATH. Install bubblewrap with your OS package manager. See the sandbox ' +
  'prerequisites: https://developers.openai.com/codex/concepts/sandboxing#prerequisites. Codex will use the bundled ' +
  'bubblewrap in the meantime.';
const aliases =
  'WARNING: proceeding, even though we could not create PATH aliases: Refusing to create helper binaries under temporary dir';

const gateway = () => {
  const lines: string[] = [];
  const journal: Journal = {
    info: (event) => void lines.push(`info ${event}`),
    warn: (event) => void lines.push(`warn ${event}`),
  };
  const worker = () => ({
    hear: new StderrJournal(new VirtualClock(), journal, {}).source(),
    once: new OnceJournal(journal),
  });
  return { lines, worker };
};

test('the noise of a start is told once by each gateway, at info level, whichever worker says it and how', () => {
  for (const { lines, worker } of [gateway(), gateway()]) {
    for (const { hear, once } of [worker(), worker()]) {
      hear(Buffer.from(`${aliases}\n2026-11-21T03:38:20Z \u001b[31mERROR\u001b[0m codex: ${bubblewrap}\n`));
      once.warn('worker_warning', { method: 'configWarning', text: bubblewrap });
    }
    expect(lines).toEqual(['info worker_noise', 'info worker_noise']);
  }
});

test('everything else is told as before, a sandbox that is not to be had included', () => {
  const { lines, worker } = gateway();
  for (const { hear, once } of [worker(), worker()]) {
    hear(Buffer.from('Codex could not find bubblewrap on PATH. Nothing can be run.\n'));
    once.warn('worker_warning', { method: 'configWarning', text: 'the sandbox cannot be used' });
  }
  const each = ['info worker_stderr', 'warn worker_warning'];
  expect(lines).toEqual([...each, ...each]);
});
