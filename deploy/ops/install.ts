/** There is no installer: this says which ways are supported, and changes nothing. */

import process from 'node:process';

const usage = `usage: npm run ops:install

There is no installer. It would be one more way to deploy, and the one that nobody tests. Supported are:

  containers   cp .env.example .env && docker compose up -d          docs/deployment.md
  systemd      deploy/systemd/codex-actors.service, a user unit      docs/edge.md
  to try it    PROXY_API_KEY=… npm start

Nothing was changed.`;

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '--dry-run')) console.log(usage);
else {
  console.error(usage.split('\n').slice(2).join('\n'));
  process.exitCode = 1;
}
