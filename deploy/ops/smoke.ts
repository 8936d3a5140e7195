/** The smokes: `node deploy/launch.mjs deploy/ops/smoke.ts <profile> [options]`. Each is one line for each thing that is asked. */

import process from 'node:process';
import { loadEnvironment } from './environment.ts';
import { runScript } from './script.ts';
import { profiles } from './smoke/profiles.ts';
import { report } from './smoke/report.ts';

const [name = '', ...argv] = process.argv.slice(2);
const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;

if (profile === undefined) {
  process.stderr.write(`smoke: expected one of ${Object.keys(profiles).join(', ')}\n`);
  process.exitCode = 2;
} else {
  await runScript(profile.manual, argv, async ({ values }, stage) => {
    const file = values['dotenv'];
    const env = loadEnvironment(profile.envFile, typeof file === 'string' ? file : undefined);
    stage.hide(env);
    const checks = profile.checks(env, values);
    return report(profile.title(env), checks, stage);
  });
}
