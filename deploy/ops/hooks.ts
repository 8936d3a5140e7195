/** `npm run hooks`: git runs `deploy/hooks/pre-commit` before each commit of this checkout; `-- --remove` ends that. */

import process from 'node:process';
import { git } from './hooks/git.ts';
import { Refusal } from './refusal.ts';
import { run } from './run.ts';
import { root } from './environment.ts';
import { runScript } from './script.ts';

const folder = 'deploy/hooks';

await runScript(
  {
    command: 'npm run hooks',
    summary:
      'Has git look for secrets, format and lint before each commit in this checkout (git commit --no-verify leaves it out).',
    options: { remove: { help: 'No longer.' }, force: { help: 'Also where another folder of hooks is set.' } },
  },
  process.argv.slice(2),
  async ({ values }, { act, say }) => {
    const { stdout } = await run('git', ['-C', root, 'config', '--local', '--get', 'core.hooksPath']);
    const set = stdout.trim();
    if (set !== '' && set !== folder && !values.force)
      throw new Refusal(`core.hooksPath is ${set}; --force replaces it`);
    if (values.remove) {
      if (set === folder)
        await act('remove the hooks', async () => void (await git('config', '--local', '--unset', 'core.hooksPath')));
      else say('there are none');
    } else if (set === folder) say('the hooks are in place');
    else
      await act('put the hooks in place', async () => void (await git('config', '--local', 'core.hooksPath', folder)));
  },
);
