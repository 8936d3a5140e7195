/**
 * `npm run port:check`, `port:deploy` and `port:prod`: from the dev stack to production. Invariants: without `--deploy` nothing is
 * changed but a folder of findings; with it nothing is started unless every check holds and CONFIRM_DEPLOY=prod is set.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { firstOf, loadEnvironment, numberOf } from './environment.ts';
import { devHome, given, isFile, ofProject, prodHome } from './homes.ts';
import { composeProgram } from './images/docker.ts';
import { stamp } from './moment.ts';
import { deploy } from './port/deploy.ts';
import { findingsOf } from './port/invariants.ts';
import { containerUser, ownershipWarning } from './port/ownership.ts';
import { missingVariables, render, withPlaceholders } from './port/render.ts';
import { viewOf } from './port/service.ts';
import { messageOf, Refusal } from './refusal.ts';
import { inPath, run } from './run.ts';
import { runScript, type Stage } from './script.ts';
import { report } from './smoke/report.ts';
import { prodSite, siteChecks } from './smoke/site.ts';
import { syncFiles } from './sync-files.ts';

const publicKey = 'codex-local-secret';

const nextSteps = `To deploy, on the machine of production:

  CONFIRM_DEPLOY=prod npm run port:deploy
  DOMAIN=codex.example.org KEY=… npm run smoke:prod
  LIVE_BASE_URL=https://codex.example.org KEY=… npm run test:live

To go back:

  npm run ops:rollback:prod -- --dry-run
  docker compose logs --tail 200 app
`;

/** Says a line and keeps it for a file. */
class Notes {
  readonly #stage: Stage;
  #text = '';

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  say(line: string): void {
    this.#text += `${line}\n`;
    this.#stage.say(line);
  }

  get text(): string {
    return this.#stage.mask(this.#text);
  }
}

/** The stage, whose lines are kept, too. */
const noted = (stage: Stage, notes: Notes): Stage => ({
  ...stage,
  say: (line) => notes.say(line),
  act: async (what, doing) => {
    notes.say(stage.dryRun ? `would ${what}` : what);
    if (!stage.dryRun) await doing();
  },
});

await runScript(
  {
    command: 'npm run port:check',
    summary:
      'Renders the production stack and checks what must hold of it; writes what it found to test-results/port-TIME. With --deploy (`npm run port:deploy`, `port:prod`) starts it.',
    options: {
      deploy: { help: 'Afterwards build or pull the image and start the services; needs CONFIRM_DEPLOY=prod.' },
      sync: {
        help: `With --deploy: copy the seed files of ${devHome} to ${prodHome}; without: say what would be copied.`,
      },
      'no-sync': { help: 'Do not look at them.' },
      force: { help: 'With --sync: replace files that differ; the former ones are kept.' },
      smoke: { help: 'Afterwards npm run smoke:prod.' },
      domain: { value: 'NAME', help: 'The site; beats DOMAIN.' },
      'output-dir': { value: 'FOLDER', help: 'Where the findings go [test-results in the project].' },
    },
    variables: {
      CONFIRM_DEPLOY: 'prod: yes, deploy.',
      'DOMAIN, PROXY_API_KEY, PROXY_CORS_ALLOWED_ORIGINS':
        'What the stack needs; placeholders stand in for them in a check.',
      IMAGE: 'Pulled; without it the image is built here.',
      PROD_COMPOSE: 'The compose file [docker-compose.yml].',
      SMOKE_WAIT_SECONDS: 'From the deployment to the smoke [10].',
      BACKUP_DIR: 'Where the image is noted that ran before [.cache/codex-backups in the home folder].',
    },
    examples: [
      'npm run port:check',
      'CONFIRM_DEPLOY=prod npm run port:deploy',
      'CONFIRM_DEPLOY=prod npm run port:prod',
    ],
  },
  process.argv.slice(2),
  async ({ values }, stage) => {
    const loaded = loadEnvironment('.env');
    const env = values.domain === undefined ? loaded : { ...loaded, DOMAIN: values.domain };
    stage.hide(env);
    const chosen = firstOf(env, 'PROD_COMPOSE');
    const file = chosen === undefined ? ofProject('docker-compose.yml') : given(chosen);
    const waitSeconds = numberOf(env, 'SMOKE_WAIT_SECONDS', 10, 0, 3600);
    const user = containerUser(env);
    const missing = missingVariables(env);
    if (values.sync && values['no-sync']) throw new Refusal('--sync and --no-sync exclude each other');
    if (!isFile(file)) throw new Refusal(`${file} is missing; PROD_COMPOSE names another one`);
    if (values.smoke && firstOf(env, 'DOMAIN') === undefined) throw new Refusal('--smoke needs DOMAIN');
    const smokes = values.smoke ? siteChecks(env, prodSite) : [];
    const compose = await composeProgram();
    if (values.deploy) {
      if (!stage.dryRun && env['CONFIRM_DEPLOY'] !== 'prod') throw new Refusal('set CONFIRM_DEPLOY=prod to deploy');
      if (missing.length > 0) throw new Refusal(`set ${missing.join(', ')} to deploy`);
      if (firstOf(env, 'PROXY_API_KEY') === publicKey)
        throw new Refusal('PROXY_API_KEY is the key that everybody knows');
      if (compose === undefined || !inPath('docker')) throw new Refusal('docker compose is not installed');
    }

    const now = new Date();
    const parent = values['output-dir'] === undefined ? ofProject('test-results') : given(values['output-dir']);
    const folder = join(parent, `port-${stamp(now)}`);
    const keep = (name: string, text: string): void => {
      if (stage.dryRun) return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, name), stage.mask(text), { mode: 0o600 });
    };

    const invariants = new Notes(stage);
    let failed = 0;
    const found = (name: string, wrong: string | null): void => {
      if (wrong !== null) failed += 1;
      invariants.say(wrong === null ? `[PASS] ${name}` : `[FAIL] ${name}: ${wrong}`);
    };
    if (missing.length > 0) invariants.say(`[WARN] not set, placeholders stand in: ${missing.join(', ')}`);
    const whole = withPlaceholders(env);
    try {
      const rendered = await render(file, whole, compose);
      keep('docker-compose.config.yaml', rendered.text);
      found(`the stack can be rendered (${rendered.by})`, null);
      for (const { name, wrong } of findingsOf(viewOf(rendered.document), whole)) found(name, wrong);
    } catch (error) {
      found('the stack can be rendered', messageOf(error));
    }
    const home = ofProject(prodHome);
    if (!isFile(join(home, 'config.toml')))
      invariants.say(`[WARN] no ${prodHome}/config.toml: npm run port:sync-config`);
    if (!isFile(join(home, 'auth.json'))) invariants.say(`[WARN] nobody is signed in in ${prodHome}: npm run login`);
    const unowned = ownershipWarning(user);
    if (unowned !== null) invariants.say(`[WARN] ${unowned}`);
    if (inPath('docker') && (await run('docker', ['network', 'inspect', 'traefik'])).code !== 0)
      invariants.say('[WARN] docker has no network traefik: docker network create traefik');
    keep('invariants.txt', invariants.text);

    if (!values['no-sync']) {
      const notes = new Notes(stage);
      const real = values.deploy && values.sync && failed === 0 && !stage.dryRun;
      const on = noted({ ...stage, dryRun: !real }, notes);
      const from = ofProject(devHome);
      if (isFile(join(from, 'config.toml'))) await syncFiles({ from, to: home, force: values.force }, on, now);
      else notes.say(`no ${devHome}/config.toml, nothing to copy`);
      keep(real ? 'sync.log' : 'sync-dry-run.txt', notes.text);
    }
    keep('NEXT_STEPS.txt', nextSteps);
    if (!stage.dryRun) stage.say(`findings: ${folder}`);
    if (failed > 0) {
      stage.say(`${failed} checks failed; nothing was deployed.`);
      return 1;
    }
    if (values.deploy && compose !== undefined) {
      const notes = new Notes(stage);
      const log = await deploy(compose, file, env, noted(stage, notes), now);
      keep('deploy.log', log);
      if (values.smoke && !stage.dryRun) await wait(waitSeconds * 1000);
    }
    if (!values.smoke) return 0;
    const notes = new Notes(stage);
    const code = await report(`${prodSite.title} for ${firstOf(env, 'DOMAIN')}`, smokes, noted(stage, notes));
    keep('smoke.txt', notes.text);
    return code;
  },
);
