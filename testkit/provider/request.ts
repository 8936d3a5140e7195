// A forgiving view of the body that the CLI posts to /v1/responses: only what scenarios look at.
// Invariant: never throws, whatever the body; the unmodified body is what the recording keeps.

export type Json = { readonly [name: string]: unknown };

export type OfferedTool = { readonly name: string; readonly namespace?: string; readonly parameters: unknown };

export type ModelRequest = {
  readonly model: string;
  readonly input: readonly Json[];
  readonly tools: readonly OfferedTool[];
  readonly wantsSummary: boolean;
  readonly effort: string;
  readonly schema: unknown;
  readonly threadKey: string;
};

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function flatten(tools: readonly Json[], namespace?: string): OfferedTool[] {
  return tools.flatMap((tool) => {
    const name = text(tool['name']);
    if (tool['type'] === 'namespace') return flatten(objects(tool['tools']), name);
    if (tool['type'] !== 'function') return [];
    return [{ name, parameters: tool['parameters'], ...(namespace === undefined ? {} : { namespace }) }];
  });
}

export function readModelRequest(body: unknown): ModelRequest {
  const root = isJson(body) ? body : {};
  const input = objects(root['input']);
  // The lite request shape carries its tools in an input item instead of the `tools` member.
  const lite = input.filter((item) => item['type'] === 'additional_tools').flatMap((item) => objects(item['tools']));
  const reasoning = isJson(root['reasoning']) ? root['reasoning'] : {};
  const format = isJson(root['text']) ? root['text']['format'] : undefined;
  return {
    model: text(root['model']),
    input,
    tools: flatten([...objects(root['tools']), ...lite]),
    wantsSummary: text(reasoning['summary']) !== '' && reasoning['summary'] !== 'none',
    effort: text(reasoning['effort']),
    schema: isJson(format) ? format['schema'] : undefined,
    threadKey: text(root['prompt_cache_key']),
  };
}

export function isUser(item: Json): boolean {
  return item['role'] === 'user';
}

export function isOutput(item: Json | undefined): boolean {
  return text(item?.['type']).endsWith('_call_output');
}

/** The text parts of a message or of a tool output. */
export function textParts(item: Json): readonly string[] {
  const content = item['content'] ?? item['output'];
  if (typeof content === 'string') return [content];
  return objects(content).flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []));
}

/** Characters the model would read: texts, arguments and image data, without ids and structure. */
export function inputChars(input: readonly Json[]): number {
  let chars = 0;
  for (const item of input) {
    chars += text(item['arguments']).length + text(item['input']).length + text(item['encrypted_content']).length;
    for (const part of textParts(item)) chars += part.length;
    for (const part of objects(item['content'])) chars += text(part['image_url']).length;
  }
  return chars;
}
