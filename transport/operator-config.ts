/**
 * An operator's own `config.toml`, as far as it is taken over: which provider is used and where it is. Everything else in
 * it is named so that it can be announced. Works on lines: the CLI checks the result when it starts.
 */

export interface OperatorConfig {
  /** Whole lines, ready to be written again. */
  readonly modelProvider?: string;
  readonly chatgptBaseUrl?: string;
  readonly providers: readonly { readonly name: string; readonly lines: readonly string[] }[];
  /** Names of keys and tables that are not taken over. */
  readonly others: readonly string[];
}

const unquoted = (name: string): string => name.trim().replace(/^(["'])(.*)\1$/u, '$2');

/** `model_providers.x` and its sub-tables belong together. */
const providerOf = (table: string): string | null => {
  const match = /^model_providers\.("[^"]+"|'[^']+'|[\w-]+)/u.exec(table);
  return match?.[1] === undefined ? null : unquoted(match[1]);
};

export const readOperatorConfig = (text: string): OperatorConfig => {
  const providers = new Map<string, string[]>();
  const others: string[] = [];
  const kept: { modelProvider?: string; chatgptBaseUrl?: string } = {};
  let lines: string[] | null = null;
  let top = true;
  for (const line of text.split(/\r?\n/u)) {
    const table = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$/u.exec(line)?.[1];
    if (table !== undefined) {
      top = false;
      const provider = providerOf(table);
      lines = provider === null ? null : (providers.get(provider) ?? []);
      if (provider === null || lines === null) others.push(table);
      else providers.set(provider, lines);
    }
    if (lines !== null) {
      if (line.trim() !== '') lines.push(line);
      continue;
    }
    const key = top ? /^\s*([\w."'-]+)\s*=/u.exec(line)?.[1] : undefined;
    if (key === undefined) continue;
    if (key === 'model_provider') kept.modelProvider = line.trim();
    else if (key === 'chatgpt_base_url') kept.chatgptBaseUrl = line.trim();
    else others.push(key);
  }
  return { ...kept, providers: [...providers].map(([name, table]) => ({ name, lines: table })), others };
};
