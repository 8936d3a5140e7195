/** Where the CLI sends its requests. */

export type Provider =
  /** The operator's ChatGPT account, signed in through the CLI. Other addresses are for tests. */
  | { readonly type: 'chatgpt'; readonly baseUrl?: string; readonly chatgptUrl?: string }
  /** Any provider that speaks OpenAI Responses; the key reaches the CLI only through its environment. */
  | { readonly type: 'url'; readonly url: string; readonly key?: string };

export const chatgptBaseUrl = 'https://chatgpt.com/backend-api/codex';
