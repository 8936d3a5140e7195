/**
 * What is done to workers in a run of chaos. Each deed says whether the worker lives on: an end that it should not have caused
 * is as much a finding as one that it should have.
 */

import type { Pace } from './pace.ts';
import type { Victim } from './victim.ts';

export interface Deed {
  /** The worker does not outlive it; otherwise it must stay. */
  readonly fatal: boolean;
  readonly run: (victim: Victim, pace: Pace) => Promise<void> | void;
}

/** Of other workers, meanwhile. */
const pauseAnswers = 3;
const throttleSteps = 6;

const junk = ['{not json', '[]', '42', 'null', '"x"', '', '{"id":{},"method":1}', '{"id":99999999,"result":{}}'];
const strangers = [
  { method: 'item/agentMessage/delta', params: { threadId: 'stranger', turnId: 'u', itemId: 'm', delta: 'own-0.0' } },
  { method: 'turn/completed', params: { threadId: 'stranger', turn: { id: 'u', status: 'completed' } } },
  { method: 'thread/closed', params: { threadId: 'stranger' } },
  { id: 77, method: 'item/tool/call', params: { threadId: 'stranger' } },
];
/** Begins with a line end: what was written before it is not its business. */
const lines = (...those: readonly string[]): string => `\n${those.join('\n')}\n`;
const notText = Buffer.from([0x0a, 0x7b, 0xff, 0xfe, 0x7d, 0x0a]);

export const deeds = {
  kill: { fatal: true, run: (victim) => victim.signal('SIGKILL') },
  terminate: { fatal: true, run: (victim) => victim.signal('SIGTERM') },

  pause: {
    fatal: false,
    run: async (victim, pace) => {
      victim.signal('SIGSTOP');
      await pace.after(pauseAnswers);
      victim.signal('SIGCONT');
    },
  },
  'starve of time': {
    fatal: false,
    run: async (victim, pace) => {
      for (let step = 0; step < throttleSteps; step += 1) {
        victim.signal(step % 2 === 0 ? 'SIGSTOP' : 'SIGCONT');
        await pace.after(1);
      }
    },
  },
  /** Every turn needs some: the gateway has to see that this one refuses them all. */
  'starve of descriptors': { fatal: true, run: (victim) => victim.limit('nofile=1') },
  /** The system ends it at the next write to a file. */
  'starve of disk': { fatal: true, run: (victim) => victim.limit('fsize=0') },

  'corrupt its input': { fatal: false, run: (victim) => victim.write('in', lines(...junk)) },
  'end its input as text': { fatal: true, run: (victim) => victim.write('in', notText) },
  'corrupt its output': {
    fatal: false,
    run: (victim) => {
      victim.write('out', lines(...junk, ...strangers.map((line) => JSON.stringify(line))));
      victim.write('out', notText);
    },
  },
  /** Swallows the next line: half a line is the beginning of one. */
  'cut its output': {
    fatal: false,
    run: (victim) => victim.write('out', '\n{"method":"item/agentMessage/delta","par'),
  },
  /** It serves without them, and must end as well as any other. */
  'corrupt its files': {
    fatal: true,
    run: async (victim, pace) => {
      victim.scribble(Buffer.alloc(8_192, 0xa5));
      await pace.after(pauseAnswers);
      victim.signal('SIGTERM');
    },
  },
  /** They are mapped into its memory. */
  'empty its files': { fatal: true, run: (victim) => victim.truncateFiles() },
} satisfies Readonly<Record<string, Deed>>;

export type DeedName = keyof typeof deeds;
export const deedNames = Object.keys(deeds) as readonly DeedName[];
