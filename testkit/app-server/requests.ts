/**
 * The requests the fake serves: the shape of their params, as the real parser judges it, and the fields that need the
 * experimental capability. Invariant: the parser speaks before the handshake rule, that one before the capability gate.
 */
import { boolean, count, each, isObject, map, missing, oneOf, optional, sequence, shaped, string } from './serde.ts';
import type { Check } from './serde.ts';
import { tool } from './tools.ts';

interface Served {
  /** Null: the method takes no params. */
  readonly params: Check | null;
  readonly experimental?: readonly string[];
}

const threadId = { threadId: string };
const userInput: Check = (value) =>
  isObject(value) && value['type'] === 'text' ? shaped({ members: { text: string }, required: ['text'] })(value) : null;

const logins = [
  'apiKey',
  'chatgpt',
  'chatgptDeviceCode',
  'chatgptAuthTokens',
  'amazonBedrock',
  'amazonBedrockAccessKeys',
];

export const served: { readonly [method: string]: Served } = {
  initialize: {
    params: shaped({
      members: {
        clientInfo: shaped({
          members: { name: string, title: optional(string), version: string },
          required: ['name', 'version'],
        }),
        capabilities: optional(map),
      },
      required: ['clientInfo'],
    }),
  },
  'server/diagnostics': { params: map, experimental: [''] },
  'thread/start': {
    params: shaped({
      members: {
        model: optional(string),
        ephemeral: optional(boolean),
        baseInstructions: optional(string),
        approvalPolicy: optional(oneOf('untrusted', 'on-request', 'granular', 'never')),
        sandbox: optional(oneOf('read-only', 'workspace-write', 'danger-full-access')),
        environments: optional(sequence),
        experimentalRawEvents: boolean,
        dynamicTools: optional(each(tool)),
        serviceTier: optional(string),
        config: optional(map),
      },
      required: [],
    }),
    experimental: ['dynamicTools', 'environments', 'experimentalRawEvents'],
  },
  'thread/inject_items': {
    params: shaped({ members: { ...threadId, items: sequence }, required: ['threadId', 'items'] }),
  },
  'thread/unsubscribe': { params: shaped({ members: threadId, required: ['threadId'] }) },
  'turn/start': {
    params: shaped({
      members: {
        ...threadId,
        input: each(userInput),
        effort: optional(string),
        summary: optional(oneOf('auto', 'concise', 'detailed', 'none')),
      },
      required: ['threadId', 'input'],
    }),
    experimental: ['environments'],
  },
  'turn/interrupt': { params: shaped({ members: { ...threadId, turnId: string }, required: ['threadId', 'turnId'] }) },
  'model/list': {
    params: shaped({
      members: { cursor: optional(string), limit: optional(count), includeHidden: optional(boolean) },
      required: [],
    }),
  },
  'account/read': { params: map },
  'account/login/start': {
    params: shaped({ members: { type: oneOf(...logins), apiKey: optional(string) }, required: ['type'] }),
  },
  'account/login/cancel': { params: shaped({ members: { loginId: string }, required: ['loginId'] }) },
  'account/logout': { params: null },
  'account/rateLimits/read': { params: null },
};

/** The complaint of the parser about a request, or null. */
export function requestComplaint(method: string, params: unknown): string | null {
  const known = Object.hasOwn(served, method) ? served[method] : undefined;
  if (known === undefined) {
    const names = Object.keys(served).map((name) => `\`${name}\``);
    return `unknown variant \`${method}\`, expected one of ${names.join(', ')}`;
  }
  if (known.params === null) return null;
  return params === undefined ? missing('params') : known.params(params);
}

/** What of a request needs the capability that the client did not declare, or null. */
export function experimentalUse(method: string, params: { readonly [member: string]: unknown }): string | null {
  for (const field of served[method]?.experimental ?? []) {
    if (field === '') return method;
    const value = params[field];
    if (value !== undefined && value !== null && value !== false) return `${method}.${field}`;
  }
  return null;
}

const configKeys = new Set(
  'model model_provider model_verbosity model_reasoning_effort model_reasoning_summary web_search approval_policy sandbox_mode features tools agents skills project_doc_max_bytes tool_output_token_limit'.split(
    ' ',
  ),
);
const verbosity = oneOf('low', 'medium', 'high');

/** The complaint about a flat map of configuration overrides, or null. */
export function configComplaint(config: { readonly [key: string]: unknown }): string | null {
  for (const [key, value] of Object.entries(config)) {
    if (!configKeys.has(key.split('.')[0] ?? ''))
      return `unknown configuration field \`${key}\` in -c/--config override`;
    const complaint = key === 'model_verbosity' ? verbosity(value) : null;
    if (complaint !== null) return `${complaint}\nin \`${key}\`\n`;
  }
  return null;
}
