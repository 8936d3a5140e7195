/**
 * The text of `docs/machines.md`: each machine as its own file introduces it, and the diagrams made from the machine that
 * runs. Nothing about a machine is written down a second time.
 */

import { readFileSync } from 'node:fs';
import type { AnyStateMachine } from 'xstate';
import { loginMachine } from '../../machines/login.ts';
import { streamMachine } from '../../machines/stream.ts';
import { supervisorMachine } from '../../machines/supervisor.ts';
import { workerMachine } from '../../machines/worker.ts';
import { chart } from './chart.ts';
import { diagrams } from './diagrams.ts';

const machines: readonly (readonly [title: string, file: string, machine: AnyStateMachine])[] = [
  ['Stream', 'machines/stream.ts', streamMachine],
  ['Supervisor', 'machines/supervisor.ts', supervisorMachine],
  ['Worker', 'machines/worker.ts', workerMachine],
  ['Login', 'machines/login.ts', loginMachine],
];

const head = `# The machines

<!-- Generated from the machines: node deploy/launch.mjs testkit/model/diagrams-main.ts -->

Four statecharts decide what happens; everything else carries their decisions out. They know no time, no I/O and no chance:
they are told **events** (facts, in the past tense) and answer with **commands** (imperatives). \`machines/protocol.ts\` is
the vocabulary on one page, and \`machines/links.ts\` says which command of one machine is which event of another. The supervisor and
the worker machine also run once more above all nodes, where \`PROXY_NODES\` is more than 1: what is a worker here is a node there.

## How to read this

- An arrow says \`event [guard] / actions\`: when the event comes and the guard holds, the actions run and the state changes.
  \`after idle\` is a deadline of the state, counted from its entry; \`always\` is a condition looked at after each event.
- Alternatives for one event are tried in their order; \`[otherwise]\` is the last. Where no guard holds, the event is ignored.
- Each level has a diagram of its own. \`from within\` is an arrow that begins at a state inside; the diagram of the inside
  tells it in full. A name with a dot is a state of another level, and \`to\` names the state inside that is entered.
- \`entered anew\` leaves the state, too: its deadlines begin again.
- The table has what moves nothing: actions on the way in and out, events handled without leaving the state, and events
  that may arrive there and mean nothing. What holds for a state holds for the states inside.
- An event that a state neither handles nor ignores is a bug and is reported as one: the row \`any\`.`;

/** The comment that opens a file, without its stars. */
const introduction = (file: string): string => {
  const [, comment] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')) ?? [];
  if (comment === undefined) throw new Error(`machines-page: ${file} does not open with a comment`);
  return comment.replaceAll(/^ *\* ?/gm, '').trim();
};

export const machinesPage = (): string =>
  [
    head,
    ...machines.map(
      ([title, file, machine]) =>
        `## ${title}\n\n${introduction(file)}\n\nIn \`${file}\`.\n\n${diagrams(chart(machine))}`,
    ),
  ].join('\n\n') + '\n';
