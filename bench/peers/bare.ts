/** The ceiling: uWebSockets.js that writes the gateway's bytes, one frame a write, without a worker behind it. */

import { join } from 'node:path';
import type { Subject } from '../subject.ts';
import { startProgram } from './process.ts';

const main = join(import.meta.dirname, 'bare-main.ts');

export const bare: Subject = {
  name: 'bare',
  speaks: ['responses', 'chat', 'responses-whole', 'chat-whole', 'models'],
  start: (options) => startProgram([main], options),
};
