/** Where the CLI sends its requests. */

export type Provider =
  /** What the operator has signed in to through the CLI: a ChatGPT account, or an API key. Other addresses are for tests. */
  | {
      readonly type: 'chatgpt';
      readonly method?: 'chatgpt' | 'apikey';
      readonly baseUrl?: string;
      readonly chatgptUrl?: string;
    }
  /** Any provider that speaks OpenAI Responses; the key reaches the CLI only through its environment. */
  | { readonly type: 'url'; readonly url: string; readonly key?: string };

/** Each kind of credentials is good for one address. */
export const accountUrl = ({ method }: { readonly method?: 'chatgpt' | 'apikey' }): string =>
  method === 'apikey' ? 'https://api.openai.com/v1' : 'https://chatgpt.com/backend-api/codex';
