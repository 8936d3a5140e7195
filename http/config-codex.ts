/** The variables about Codex: which one, its models, what it may do. Part of the table in `config-table.ts`. */

import { aKey, aModel, choice, flag, list, named, optionalWord, path } from './config-value.ts';

const aUrl = [
  /^https?:\/\/[^\s/@?#]{1,255}(\/[^\s?#]{0,1024})?$/i,
  'an http or https URL without user, query or fragment',
] as const;

export const codexVariables = {
  useAppServer: flag(
    'PROXY_USE_APP_SERVER',
    true,
    '`codex app-server`; false: one `codex proto` process a request (CLI 0.42 and older).',
  ),
  codexBin: optionalWord('CODEX_BIN', [/^[^\0]{1,4096}$/, 'a command or a path'], 'Codex CLI to run.', {
    otherwise: 'the binary of the pinned package',
  }),
  codexHome: path(
    'CODEX_HOME',
    ({ cwd }) => `${cwd}/.codex-api`,
    '`<cwd>/.codex-api`',
    'Home of Codex: its sign-in and configuration. Must be writable.',
  ),
  codexModel: optionalWord('CODEX_MODEL', aModel, 'What `codex-5` stands for; always accepted as a model id.', {
    otherwise: "the worker's default model",
  }),
  modelAliases: list(
    'PROXY_MODEL_ALIASES',
    [/^[^\s/,=\0-\x1f]{1,128}=[^\s/,=\0-\x1f]{1,128}$/, 'alias=model or alias=model:effort'],
    [],
    'Model names of your own, and other meanings for known ones that the worker does not list.',
  ),
  advertisedModels: list(
    'PROXY_ADVERTISE_MODELS',
    [/^[^\s/,]{1,128}$/, 'model ids'],
    [],
    'The only ids that `/v1/models` lists; all others are accepted as before. Empty: all.',
  ),
  workDir: path(
    'PROXY_CODEX_WORKDIR',
    ({ tmpdir }) => `${tmpdir}/codex-work`,
    '`<tmpdir>/codex-work`',
    'Working directory of the workers; keep it empty.',
  ),
  providerUrl: optionalWord('CODEX_PROVIDER_URL', aUrl, 'Responses-compatible provider to use in place of ChatGPT.'),
  providerKey: optionalWord('CODEX_PROVIDER_KEY', aKey, 'Key for that provider.', { secret: true }),
  stateDir: path(
    'CODEX_SQLITE_HOME',
    ({ tmpdir }) => tmpdir,
    '`<tmpdir>`',
    'Folder in which each worker gets one for its databases, deleted with the worker.',
  ),
  forceProvider: optionalWord(
    'CODEX_FORCE_PROVIDER',
    [/^[A-Za-z0-9._-]{1,64}$/, 'the name of a model provider'],
    'Model provider of every thread: one of `config.toml` in `CODEX_HOME`, one that Codex brings along, or `upstream`, the one of this table.',
    { otherwise: 'Codex decides' },
  ),
  preferredAuthMethod: choice(
    'PROXY_PREFERRED_AUTH_METHOD',
    ['chatgpt', 'apikey'],
    'chatgpt',
    'Whose credentials in `CODEX_HOME` are used: a ChatGPT account, or an OpenAI API key (of `codex login --with-api-key`).',
  ),
  sandboxMode: choice(
    'PROXY_SANDBOX_MODE',
    ['read-only', 'workspace-write', 'danger-full-access'],
    'read-only',
    'Sandbox of every thread.',
  ),
  approvalPolicy: named(
    choice(
      'PROXY_APPROVAL_POLICY',
      ['never', 'untrusted', 'on-request'],
      'never',
      'What the worker asks about; each question is answered with no at once.',
    ),
    { aliases: ['CODEX_APPROVAL_POLICY'] },
  ),
  internalToolsOff: flag(
    'PROXY_DISABLE_INTERNAL_TOOLS',
    true,
    "The worker's own tools (shell, patch, plan, …) are off. false: a shell for everybody who has the key.",
  ),
  internalToolsOffConfig: flag('PROXY_DISABLE_INTERNAL_TOOLS_CONFIG', true, 'By its configuration and catalogue.'),
  internalToolsOffPrompt: flag(
    'PROXY_DISABLE_INTERNAL_TOOLS_PROMPT',
    false,
    'By telling the model, too; of use where they are not hidden.',
  ),
  webSearch: flag('PROXY_ENABLE_WEB_SEARCH_REQUEST', false, 'The worker may search the web.'),
  persistThreads: flag(
    'PROXY_PERSIST_THREADS',
    false,
    'Keep the rollout of each turn, prompt and answer, under `CODEX_HOME`/sessions.',
  ),
} as const;
