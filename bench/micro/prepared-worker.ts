/**
 * A worker that says what the bench has prepared: its requests are answered by templates, and its lines are bytes from the beginning,
 * so that what is measured is the gateway's work and none of the worker's.
 */

import type { PipedProcess, ProcessEvents, ProcessSpawner } from '../../transport/process.ts';

const methodAndId = /^\{"method":"([^"]+)","id":(\d+),/;

const results: Readonly<Record<string, (worker: PreparedWorker) => string>> = {
  initialize: () => '{"userAgent":"codex-gateway/0.169.0 (x)"}',
  'account/read': () => '{"account":{"type":"apiKey"},"requiresOpenaiAuth":true}',
  'model/list': () => '{"data":[{"id":"codex-5"}]}',
  'thread/start': (worker) => `{"thread":{"id":"${worker.newThread()}"}}`,
  'turn/start': (worker) => `{"turn":{"id":"${worker.turnId}"}}`,
  'thread/unsubscribe': () => '{"status":"unsubscribed"}',
};

export class PreparedWorker {
  readonly turnId = '01997c3e-5b7a-7000-8000-00000000aaaa';
  readonly threads: string[] = [];
  #events: ProcessEvents | null = null;
  /** Answers that wait for `answer`. */
  #waiting: string[] = [];

  readonly spawner: ProcessSpawner = (_spec, events): PipedProcess => {
    this.#events = events;
    queueMicrotask(() => events.spawned());
    return {
      pid: 1,
      write: (text) => {
        for (const line of text.split('\n')) this.#hear(line);
        return true;
      },
      end: () => {},
      kill: () => {},
    };
  };

  newThread(): string {
    const id = `01997c3e-5b7a-7000-8000-${String(this.threads.length).padStart(12, '0')}`;
    this.threads.push(id);
    return id;
  }

  /** Answers what was asked; false: nothing was. */
  answer(): boolean {
    const answers = this.#waiting;
    this.#waiting = [];
    if (answers.length === 0) return false;
    this.say(Buffer.from(answers.join('')));
    return true;
  }

  say(chunk: Buffer): void {
    this.#events?.stdout(chunk);
  }

  #hear(line: string): void {
    const [, method = '', id = ''] = methodAndId.exec(line) ?? [];
    if (id === '') return;
    this.#waiting.push(`{"id":${id},"result":${results[method]?.(this) ?? '{}'}}\n`);
    if (method !== 'thread/unsubscribe') return;
    const threadId = /"threadId":"([^"]+)"/.exec(line)?.[1] ?? '';
    this.#waiting.push(`{"method":"thread/closed","params":{"threadId":"${threadId}"}}\n`);
  }
}

/** The lines of a turn of one message, as the CLI writes them. */
export class Lines {
  readonly #ids: string;
  readonly item = 'msg_0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';

  readonly #threadId: string;
  readonly #turnId: string;

  constructor(threadId: string, turnId: string) {
    this.#threadId = threadId;
    this.#turnId = turnId;
    this.#ids = `"threadId":"${threadId}","turnId":"${turnId}"`;
  }

  opened(): string {
    return `{"method":"item/started","params":{"item":{"type":"agentMessage","id":"${this.item}","text":"","phase":null},${this.#ids}},"emittedAtMs":1790000000000}\n`;
  }

  delta(text: string): string {
    return `{"method":"item/agentMessage/delta","params":{${this.#ids},"itemId":"${this.item}","delta":${JSON.stringify(text)}},"emittedAtMs":1790000000000}\n`;
  }

  closed(text: string): string {
    const content = [{ type: 'output_text', text, annotations: [] }];
    const raw = { type: 'message', id: this.item, role: 'assistant', content };
    return [
      `{"method":"item/completed","params":{"item":{"type":"agentMessage","id":"${this.item}","text":${JSON.stringify(text)},"phase":null},${this.#ids}},"emittedAtMs":1790000000000}`,
      `{"method":"rawResponseItem/completed","params":{${this.#ids},"item":${JSON.stringify(raw)}},"emittedAtMs":1790000000000}`,
      `{"method":"rawResponse/completed","params":{${this.#ids},"responseId":"resp_1","usage":{"totalTokens":30,"inputTokens":10,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":20,"reasoningOutputTokens":0}},"emittedAtMs":1790000000000}`,
      `{"method":"turn/completed","params":{"threadId":"${this.#threadId}","turn":{"id":"${this.#turnId}","items":[],"status":"completed","error":null}},"emittedAtMs":1790000000000}`,
      '',
    ].join('\n');
  }
}
