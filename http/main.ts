/** The entry: the program itself is loaded as it was kept without its types, where it was, which halves the time to its start. */

import { useStripped } from '../transport/stripped.ts';

const loaded = useStripped();
const { start } = await import('./start.ts');
await start();
loaded();
