/** Defects of how the predecessor lived with its workers. */

import type { Defect, Edit } from './defect.ts';

/** Words that belong to no turn are given to one. */
const toAnybody: Edit = {
  file: 'transport/conversation.ts',
  find: "if (this.#turnId !== null) return count('turn.foreign');",
  put: '',
};

export const survivalDefects: readonly Defect[] = [
  {
    row: 'W-26',
    did: 'died of a write to a worker that was gone',
    edits: [
      {
        file: 'transport/process.ts',
        find: "stdin?.on('error', () => timers.push(clock.schedule(endOfOutputMs, () => kill('its input was closed'))));",
        put: "stdin?.on('close', () => { if (!ended) throw new Error('write EPIPE'); });",
      },
    ],
  },
  {
    row: 'W-27',
    did: 'died when its worker could not be started',
    edits: [
      {
        file: 'transport/launcher.ts',
        find: 'queueMicrotask(() => channel.events.exited({ code: null, signal: null, reason: binary.reason }));',
        put: 'queueMicrotask(() => { throw new Error(binary.reason); });',
      },
    ],
  },
  {
    row: 'W-28',
    did: 'died of an error in answer to a thread start',
    edits: [
      {
        file: 'transport/rpc.ts',
        find: "const code = typeof error['code'] === 'number' ? error['code'] : 0;",
        put: `const code = typeof error['code'] === 'number' ? error['code'] : 0;
      if (entry.request.method === 'thread/start') queueMicrotask(() => { throw new Error('unhandled'); });`,
      },
    ],
  },
  {
    row: 'W-29',
    did: 'died of a line that says null',
    edits: [
      {
        file: 'transport/rpc.ts',
        find: `    if (!isObject(message)) {
      this.#options.count('line.malformed');
      return;
    }
    const { method, id } = message`,
        put: '    const { method, id } = message',
      },
    ],
  },
  {
    row: 'W-30',
    did: 'never said that it is initialized, and asked in words that the CLI does not know',
    edits: [
      { file: 'transport/opening.ts', find: "this.#request('thread/start'", put: "this.#request('newConversation'" },
    ],
  },
  {
    row: 'W-31',
    did: 'submitted every prompt twice',
    edits: [
      {
        file: 'transport/opening.ts',
        find: "this.#start = this.#request('turn/start', turnStart(threadId, turn), {",
        put: `this.#request('turn/start', turnStart(threadId, turn), { settle: () => {} });
    this.#start = this.#request('turn/start', turnStart(threadId, turn), {`,
      },
    ],
  },
  {
    row: 'W-32',
    did: 'gave late words of one answer to another',
    edits: [
      toAnybody,
      {
        file: 'transport/conversations.ts',
        find: 'const conversation = this.#threads.get(threadId);',
        put: 'const conversation = this.#threads.get(threadId) ?? [...this.#threads.values()].at(-1);',
      },
    ],
  },
  {
    row: 'W-33',
    did: 'gave words without a thread to the only answer that was under way',
    edits: [
      toAnybody,
      {
        file: 'transport/conversations.ts',
        find: 'const conversation = this.#threads.get(threadId);',
        put: 'const conversation = this.#threads.get(threadId) ?? [...this.#threads.values()].at(-1);',
      },
      {
        file: 'transport/codex-channel.ts',
        find: "if (typeof threadId === 'string' && method !== 'warning') {",
        put: `if (method.startsWith('item/') && typeof threadId !== 'string') {
      this.#conversations.notified('', method, params);
    } else if (typeof threadId === 'string' && method !== 'warning') {`,
      },
    ],
  },
  {
    row: 'W-34',
    did: 'took a request of the worker for the answer to a request of its own',
    edits: [
      {
        file: 'transport/rpc.ts',
        find: "if (typeof method !== 'string') {",
        put: "if (typeof method !== 'string' || (typeof id === 'number' && this.#sent.has(id))) {",
      },
    ],
  },
  {
    row: 'W-35',
    did: 'never answered what the worker asks',
    edits: [
      {
        file: 'transport/rpc.ts',
        find: 'this.#outbox.push(`{"id":${encode(id)},"error"',
        put: 'if (this.#lastId < 0) this.#outbox.push(`{"id":${encode(id)},"error"',
      },
    ],
  },
  {
    row: 'W-36',
    did: 'counted restarts for the life of the process',
    edits: [
      {
        file: 'http/portions.ts',
        find: 'restartWindowMs: config.restartWindowMs,',
        put: 'restartWindowMs: 2_147_483_647,',
      },
    ],
  },
  {
    row: 'W-37',
    did: 'waited for ever for a turn that an interrupt does not end',
    edits: [
      { file: 'http/limits.ts', find: 'interruptMs: 2_000,', put: 'interruptMs: 2_000_000,' },
      { file: 'http/limits.ts', find: 'closeMs: 5_000,', put: 'closeMs: 5_000_000,' },
    ],
  },
  {
    row: 'W-38',
    did: 'waited for the timer of the start when a handshake was refused',
    edits: [
      {
        file: 'transport/handshake.ts',
        find: 'if (!reply.ok) return tell({',
        put: 'if (!reply.ok) return undefined;\n      if (reply.result === options) return tell({',
      },
    ],
  },
  {
    row: 'W-39',
    did: 'kept the thread of every request',
    edits: [
      {
        file: 'transport/release.ts',
        find: "method: 'thread/unsubscribe',\n    params: { threadId },",
        put: "method: 'thread/loaded/list',\n    params: {},",
      },
    ],
  },
];
