/** A worker that does nothing but look for a fault, until there is one for `thread/start`. */

import process from 'node:process';
import { take } from './relay.ts';

const folder = process.argv[2] ?? '';
process.send?.('looking');
process.disconnect();
// Nobody may be there any more to end it.
const endsAt = Date.now() + 30_000;
while (take(folder, 'thread/start') === null) if (Date.now() > endsAt) process.exit(1);
