// `node --import at-signal.mjs`: a gateway, or the one process of it that is sent SIGUSR2, makes an error of ours, or hangs, as
// AT_SIGNAL says. For what cannot be brought about from outside.

import process from 'node:process';

const { AT_SIGNAL: what } = process.env;
const acts = {
  throw: () => {
    throw new Error('made by a test');
  },
  hang: () => {
    for (;;);
  },
};
if (what !== undefined) process.on('SIGUSR2', acts[what]);
