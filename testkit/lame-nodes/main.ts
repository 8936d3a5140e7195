/** A worker for `CODEX_BIN`: it ends at once at the nodes that `lame-nodes.ts` names, and is the fake app-server at the others. */

import process from 'node:process';
import { folderVariable, isLame } from './lame-nodes.ts';

// Whoever asks for the version or the models is no node.
if (isLame(process.env[folderVariable] ?? '', process.ppid)) process.exit(1);
await import('../app-server/main.ts');
