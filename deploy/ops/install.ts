/** There is no installer: this says which ways to deploy are supported, and changes nothing. */

import process from 'node:process';
import type { Manual } from './arguments.ts';
import { Refusal } from './refusal.ts';
import { runScript } from './script.ts';

const ways = `Supported are:

  containers   cp .env.example .env && docker compose up -d       docs/deployment.md
  systemd      deploy/systemd/codex-actors.service, a user unit   docs/edge.md
  to try it    PROXY_API_KEY=… npm start`;

const manual = {
  command: 'npm run ops:install',
  summary: `Refuses: an installer would be one more way to deploy, and the one that nobody tests. ${ways}`,
  options: {},
} as const satisfies Manual;

await runScript(manual, process.argv.slice(2), async () => {
  throw new Refusal(`there is no installer. ${ways}`);
});
