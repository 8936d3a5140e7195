/** Writes `docs/machines.md`; with --check, says whether it is what the machines are now, and changes nothing. */

import { readFileSync, writeFileSync } from 'node:fs';
import { machinesPage } from './machines-page.ts';

const page = new URL('../../docs/machines.md', import.meta.url);
const wanted = machinesPage();

if (!process.argv.includes('--check')) writeFileSync(page, wanted);
else {
  const found = readFileSync(page, 'utf8');
  if (found !== wanted) {
    const lines = wanted.split('\n');
    const at = found.split('\n').findIndex((line, index) => line !== lines[index]);
    const where = at < 0 ? lines.length : at + 1;
    process.stderr.write(
      `docs/machines.md:${where}: not what the machines say; run node deploy/launch.mjs testkit/model/diagrams-main.ts\n`,
    );
    process.exitCode = 1;
  }
}
