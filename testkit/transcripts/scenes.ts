/** What is asked for each transcript, and the gateway before the scripted app-server that answers. */

import { lookupUser, type Server, startServer } from '../parity/server.ts';
import { normalised } from './normalise.ts';

/** By the mode of the fake; each is asked in all four ways. */
const scenes: Readonly<Record<string, { readonly env: Readonly<Record<string, string>>; readonly tools?: true }>> = {
  text: { env: {} },
  'tool-calls': { env: { FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_TOOL_CALL_COUNT: '2' }, tools: true },
  truncation: { env: { FAKE_CODEX_MODE: 'truncation' } },
  'content-filter': { env: { FAKE_CODEX_MODE: 'content_filter' } },
  error: { env: { FAKE_CODEX_MODE: 'error' } },
};

const ways = [
  ['chat', 'whole'],
  ['chat', 'stream'],
  ['responses', 'whole'],
  ['responses', 'stream'],
] as const;

async function play(server: Server, name: string, tools: boolean): Promise<(readonly [string, string])[]> {
  const made: (readonly [string, string])[] = [];
  for (const [endpoint, way] of ways) {
    const asked = { ...(tools ? { tools: [lookupUser] } : {}), ...(way === 'stream' ? { stream: true } : {}) };
    const usage = way === 'stream' ? { stream_options: { include_usage: true } } : {};
    const answer = await (endpoint === 'chat' ? server.chat({ ...asked, ...usage }) : server.resp(asked));
    const body = normalised(answer.text).trimEnd();
    made.push([
      `${name}.${endpoint}.${way}.txt`,
      `HTTP ${answer.status} ${answer.headers['content-type'] ?? ''}\n\n${body}\n`,
    ]);
  }
  return made;
}

export const sceneNames: readonly string[] = Object.keys(scenes);

/** By file name. */
export async function playScenes(names = sceneNames): Promise<ReadonlyMap<string, string>> {
  const made = await Promise.all(
    Object.entries(scenes)
      .filter(([name]) => names.includes(name))
      .map(async ([name, { env, tools = false }]) => {
        const server = await startServer({ PROXY_SSE_HEAD_DELAY_MS: '0', ...env });
        try {
          return await play(server, name, tools);
        } finally {
          await server.gateway.kill();
        }
      }),
  );
  return new Map(made.flat());
}
