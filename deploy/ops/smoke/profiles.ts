/** What each smoke is: its manual, and the checks that its arguments and its environment amount to. */

import type { Manual } from '../arguments.ts';
import { type Environment, firstOf } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { healthy, models, ready, streamedAnswer, wholeAnswer } from './checks.ts';
import { edgeHeaders } from './headers.ts';
import type { Check } from './report.ts';
import { defaultBase, keyOf, oneTimeout, patienceOf, targetOf, toolSmokeOf } from './settings.ts';
import { devSite, domainOf, edgeOf, prodSite, type Site, siteChecks } from './site.ts';
import { toolCalls } from './tools.ts';

type Switches = Readonly<Record<string, boolean | string | undefined>>;

export interface Profile {
  readonly manual: Manual;
  /** Where its variables are besides the environment. */
  readonly envFile: string;
  readonly title: (env: Environment) => string;
  readonly checks: (env: Environment, switches: Switches) => readonly Check[];
}

const envFileOption = (name: string) => ({
  dotenv: { value: 'FILE', help: `Instead of \`${name}\`, for the variables below.` },
});

const keyHelp = { 'KEY, PROXY_API_KEY': 'Key of the gateway.' };
const patienceHelp = {
  SMOKE_REQUEST_TIMEOUT: 'Seconds for one answer [60].',
  SMOKE_STREAM_TIMEOUT: 'Seconds for one stream [120].',
};
const siteHelp = {
  ...keyHelp,
  ORIGIN_HOST: 'Where the edge listens on its own machine: host, host:port or URL [127.0.0.1].',
  SKIP_ORIGIN: '1: only through the public name.',
  METRICS_ENDPOINT: 'URL of the metrics.',
  'METRICS_TOKEN, PROXY_METRICS_TOKEN': 'Bearer token for them.',
  SKIP_METRICS: '1: leave them out.',
  IMAGE: 'Image that must contain codex app-server, asked with docker.',
  'MODEL, SMOKE_MODEL': 'Model of the requests.',
  SMOKE_TOOL_CALLS: '0: leave the tool calls out.',
  ...patienceHelp,
};
const toolHelp = {
  TOOL_SMOKE_MODES: 'Of structured, textual, disconnect [structured].',
  'TOOL_SMOKE_MODEL, TOOL_SMOKE_TIMEOUT_MS': 'For the tool calls only.',
  'TOOL_SMOKE_TOOL, TOOL_SMOKE_CMD': 'The tool, and what it is asked to run [exec_command, echo smoke].',
  TOOL_SMOKE_ENDPOINT: 'chat or responses [chat].',
  TOOL_SMOKE_ALLOW_MISSING: '1: a model that calls nothing is no failure.',
};

const siteProfile = (
  script: string,
  envFile: string,
  site: Site,
  variables: Readonly<Record<string, string>>,
): Profile => ({
  manual: {
    command: `npm run ${script}`,
    summary:
      'Asks the image, the origin, the metrics and the edge of a site whether they work, and with a key the models, too.',
    options: envFileOption(envFile),
    variables: { ...variables, ...siteHelp, ...toolHelp },
    examples: [
      `${site.names[0]}=codex.example.org KEY=… npm run ${script}`,
      `SKIP_ORIGIN=1 npm run ${script} -- --dry-run`,
    ],
  },
  envFile,
  title: (env) => `${site.title} for ${domainOf(env, site)}`,
  checks: (env) => siteChecks(env, site),
});

const local: Profile = {
  manual: {
    command: 'npm run smoke',
    summary: 'Asks a gateway whether it works: health, models, one answer, one stream.',
    options: envFileOption('.env'),
    variables: {
      BASE_URL: `With or without /v1 [${defaultBase}].`,
      API_KEY: 'Key of the gateway.',
      ...keyHelp,
      MODEL: 'Model of the requests [codex-5].',
      ...patienceHelp,
    },
    examples: ['npm run smoke', 'BASE_URL=http://127.0.0.1:18000 npm run smoke'],
  },
  envFile: '.env',
  title: (env) => `Smoke of ${firstOf(env, 'BASE_URL') ?? defaultBase}`,
  checks: (env) => {
    const gateway = targetOf('gateway', 'BASE_URL', firstOf(env, 'BASE_URL') ?? defaultBase, keyOf(env, 'API_KEY'));
    const patience = patienceOf(env);
    const model = firstOf(env, 'MODEL', 'SMOKE_MODEL') ?? 'codex-5';
    return [
      healthy(gateway, patience),
      ready(gateway, patience),
      models(gateway, patience, null),
      wholeAnswer(gateway, patience, model),
      streamedAnswer(gateway, patience, model),
    ];
  },
};

const acceptance: Profile = {
  manual: {
    command: 'npm run acceptance',
    summary: 'The least that must hold: healthy, the first model, and a stream with a role that ends with [DONE].',
    options: envFileOption('.env'),
    variables: {
      BASE_URL: `With or without /v1 [${defaultBase}/v1].`,
      API_KEY: 'Key of the gateway.',
      ...keyHelp,
      MODEL: 'Model of the stream [the first one].',
      TIMEOUT_MS: 'For each request [60000].',
    },
    examples: ['BASE_URL=http://127.0.0.1:18000/v1 npm run acceptance'],
  },
  envFile: '.env',
  title: (env) => `Acceptance of ${firstOf(env, 'BASE_URL') ?? defaultBase}`,
  checks: (env) => {
    const gateway = targetOf('gateway', 'BASE_URL', firstOf(env, 'BASE_URL') ?? defaultBase, keyOf(env, 'API_KEY'));
    const patience = oneTimeout(env, 60_000);
    return [
      healthy(gateway, patience),
      models(gateway, patience, null),
      streamedAnswer(gateway, patience, firstOf(env, 'MODEL') ?? 'codex-5'),
    ];
  },
};

const live = (script: string, envFile: string, preset: (env: Environment) => string): Profile => ({
  manual: {
    command: `npm run ${script}`,
    summary: 'End to end against a running gateway and its real model: health, models, one answer, one stream.',
    options: envFileOption(envFile),
    variables: {
      LIVE_BASE_URL:
        script === 'test:live'
          ? `The gateway [${defaultBase}].`
          : 'The gateway [https://DEV_DOMAIN, else the dev stack on port 18010].',
      ...keyHelp,
      MODEL: 'Model of the requests [codex-5].',
      TIMEOUT_MS: 'For each request [120000].',
    },
    examples: [`LIVE_BASE_URL=https://codex.example.org KEY=… npm run ${script}`],
  },
  envFile,
  title: (env) => `Live test of ${preset(env)}`,
  checks: (env) => {
    const key = keyOf(env);
    const gateway = targetOf('live', 'LIVE_BASE_URL', preset(env), key);
    if (gateway.key === undefined) throw new Refusal('set KEY or PROXY_API_KEY to the key of the gateway');
    const patience = oneTimeout(env, 120_000);
    const model = firstOf(env, 'MODEL') ?? 'codex-5';
    return [
      healthy(gateway, patience),
      // Without a key on purpose: open or protected, both are settings.
      models({ label: gateway.label, base: gateway.base }, patience, null, true),
      wholeAnswer(gateway, patience, model),
      streamedAnswer(gateway, patience, model),
    ];
  },
});

const devEdge: Profile = {
  manual: {
    command: 'npm run smoke:dev-edge',
    summary: 'Asks the edge of the dev site for one answer and one stream; with no switch for both.',
    options: {
      nonstream: { help: 'One whole answer.' },
      stream: { help: 'One stream.' },
      headers: { help: 'Also the preflight and the headers that the edge adds, which are shown.' },
      ...envFileOption('.env.dev'),
    },
    variables: {
      'DEV_DOMAIN, DOMAIN': 'Name of the dev site.',
      ...keyHelp,
      'MODEL, SMOKE_MODEL': 'Model of the requests [codev-5].',
      ...patienceHelp,
    },
    examples: ['DEV_DOMAIN=codex-dev.example.org npm run smoke:dev-edge -- --stream --headers'],
  },
  envFile: '.env.dev',
  title: (env) => `Dev edge smoke for ${domainOf(env, devSite)}`,
  checks: (env, { nonstream, stream, headers }) => {
    const edge = edgeOf(env, devSite);
    if (edge.key === undefined) throw new Refusal('set KEY or PROXY_API_KEY to the key of the dev gateway');
    const patience = patienceOf(env);
    const model = firstOf(env, 'MODEL', 'SMOKE_MODEL') ?? devSite.model;
    const both = nonstream !== true && stream !== true;
    return [
      ...(both || nonstream === true ? [wholeAnswer(edge, patience, model)] : []),
      ...(both || stream === true ? [streamedAnswer(edge, patience, model)] : []),
      ...(headers === true ? edgeHeaders(edge, patience) : []),
    ];
  },
};

const toolCall: Profile = {
  manual: {
    command: 'npm run smoke:stream-tool-call',
    summary: 'Streams one answer in which the model calls a tool, and checks what clients rely on.',
    options: {
      'include-usage': { help: 'Ask for usage, and expect it.' },
      'disconnect-after-first-tool': { help: 'Leave at the first call; the gateway must stay ready.' },
      'expect-xml': { help: 'Calls as <use_tool> blocks in the text.' },
      responses: { help: 'Over /v1/responses.' },
      'allow-single': { help: 'One call is enough, instead of two.' },
      'allow-missing-tools': { help: 'A model that calls nothing is no failure.' },
      ...envFileOption('.env'),
    },
    variables: {
      BASE_URL: `The gateway [${defaultBase}].`,
      ...keyHelp,
      MODEL: 'Model of the request [codex-5].',
      TIMEOUT_MS: 'For the stream [30000].',
      ...toolHelp,
    },
    examples: [
      'npm run smoke:stream-tool-call -- --allow-single',
      'npm run smoke:stream-tool-call -- --responses --allow-single',
    ],
  },
  envFile: '.env',
  title: (env) => `Tool-call smoke of ${firstOf(env, 'BASE_URL') ?? defaultBase}`,
  checks: (env, switches) => {
    const gateway = targetOf('gateway', 'BASE_URL', firstOf(env, 'BASE_URL') ?? defaultBase, keyOf(env, 'API_KEY'));
    if (gateway.key === undefined) throw new Refusal('set KEY or PROXY_API_KEY to the key of the gateway');
    const preset = toolSmokeOf(env, firstOf(env, 'MODEL') ?? 'codex-5');
    const disconnect = switches['disconnect-after-first-tool'] === true;
    const expectXml = switches['expect-xml'] === true;
    if (disconnect && expectXml) throw new Refusal('--disconnect-after-first-tool and --expect-xml exclude each other');
    return [
      toolCalls(gateway, {
        ...preset,
        responses: preset.responses || switches['responses'] === true,
        includeUsage: switches['include-usage'] === true,
        expectXml,
        disconnect,
        allowSingle: disconnect || switches['allow-single'] === true,
        allowMissing: preset.allowMissing || switches['allow-missing-tools'] === true,
      }),
    ];
  },
};

const liveBase = (env: Environment): string => firstOf(env, 'LIVE_BASE_URL') ?? defaultBase;
function liveDevBase(env: Environment): string {
  const domain = firstOf(env, 'DEV_DOMAIN');
  const stack = `http://127.0.0.1:${firstOf(env, 'DEV_PORT') ?? '18010'}`;
  return firstOf(env, 'LIVE_BASE_URL') ?? (domain === undefined ? stack : `https://${domain}`);
}

export const profiles: Readonly<Record<string, Profile>> = {
  local,
  prod: siteProfile('smoke:prod', '.env', prodSite, { 'DOMAIN, APP_DOMAIN': 'Name of the site; wanted.' }),
  dev: siteProfile('smoke:dev', '.env.dev', devSite, {
    'DEV_DOMAIN, DOMAIN': 'Name of the dev site; wanted.',
    'PROXY_ENABLE_METRICS, REQUIRE_METRICS': 'The metrics are asked for when one of them is on.',
  }),
  'dev-edge': devEdge,
  'stream-tool-call': toolCall,
  acceptance,
  live: live('test:live', '.env', liveBase),
  'live-dev': live('test:live:dev', '.env.dev', liveDevBase),
};
