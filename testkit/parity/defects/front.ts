/** Defects of time, load, safety and what was told to whom. */

import type { Defect } from './defect.ts';

export const frontDefects: readonly Defect[] = [
  {
    row: 'W-40',
    did: 'let the turns of clients that had left run on',
    edits: [
      {
        file: 'actors/stream-host.ts',
        find: 'if (this.#readers > 0 || this.log.ending !== null) return;',
        put: 'if (this.#readers >= 0) return;',
      },
    ],
  },
  {
    row: 'W-41',
    did: 'waited for a timer when the worker had told of an error',
    edits: [
      {
        file: 'transport/codex-events.ts',
        find: ": { type: 'turn.ended', outcome: outcomeOfError(params['error'], payer) },",
        put: ': null,',
      },
    ],
  },
  {
    row: 'W-42',
    did: 'said of a silent worker that the client had aborted',
    edits: [
      {
        file: 'http/catalogue.ts',
        find: "entry(504, 'timeout_error', 'idle_timeout'",
        put: "entry(499, 'request_cancelled', 'request_aborted'",
      },
    ],
  },
  {
    row: 'W-43',
    did: 'made an error of an answer that it had cut short',
    edits: [
      {
        file: 'actors/stream-host.ts',
        find: 'this.#curtailed = true;',
        put: '',
      },
    ],
  },
  {
    row: 'W-44',
    did: 'stopped its workers before their answers had ended',
    edits: [{ file: 'http/portions.ts', find: 'drainMs: config.drainMs,', put: 'drainMs: 0,' }],
  },
  {
    row: 'W-45',
    did: 'began a stream before it knew whether there was a slot',
    edits: [
      {
        file: 'http/live-reader.ts',
        find: 'if (this.#sink === null && failure !== null) {',
        put: "if (this.#sink === null && failure !== null && choices.id === '') {",
      },
    ],
  },
  {
    row: 'W-46',
    did: 'read the whole text again for each delta',
    edits: [
      {
        file: 'actors/item-writer.ts',
        find: 'const whole = this.#held + piece;',
        put: `if (this.#part !== null && this.#log.escapedText(this.#part).endsWith('\\u0001')) return;
    const whole = this.#held + piece;`,
      },
      {
        file: 'actors/item-writer.ts',
        find: 'this.#length += run.unitsOf(at);',
        put: `if (this.#log.escapedText(part).endsWith('\\u0001')) return at;
      this.#length += run.unitsOf(at);`,
      },
    ],
  },
  {
    row: 'W-47',
    did: 'wrote on whether its clients read or not',
    edits: [
      {
        file: 'http/live-reader.ts',
        find: 'if (this.#sink.write(bytes)) return;',
        put: `this.#sink.write(bytes);
    for (let copies = 0; copies < 4; copies += 1) this.#sink.write(Buffer.from(': ' + 'x'.repeat(bytes.length) + '\\n\\n'));
    if (bytes.length >= 0) return;`,
      },
    ],
  },
  {
    row: 'W-50',
    did: 'ran one answer after the other',
    edits: [
      { file: 'http/portions.ts', find: 'turnsPerWorkerMax: config.turnsPerWorkerMax,', put: 'turnsPerWorkerMax: 1,' },
    ],
  },
  {
    row: 'W-51',
    did: 'refused the fifth request',
    edits: [
      { file: 'http/portions.ts', find: 'turnsPerWorkerMax: config.turnsPerWorkerMax,', put: 'turnsPerWorkerMax: 4,' },
      { file: 'http/portions.ts', find: 'queueMax: config.queueMax,', put: 'queueMax: 0,' },
    ],
  },
  {
    row: 'W-52',
    did: 'read the body before it looked at the key',
    edits: [
      {
        file: 'http/server.ts',
        find: 'else if (owner === null && !(settings.usageAllowUnauth && isUsage(name))) exchange.answer(unauthorized());',
        put: "else if (owner === null && exchange.head.method !== 'POST') exchange.answer(unauthorized());",
      },
      {
        file: 'http/server.ts',
        find: 'else if (owner === null) exchange.answer(unauthorized());',
        put: '',
      },
    ],
  },
  {
    row: 'W-53',
    did: 'made a series of metrics for each path that somebody asked for',
    edits: [
      {
        file: 'http/metrics/request-series.ts',
        find: 'const labels = labelsOf(route, head.method, status, authorized, model);',
        put: 'const labels = { ...labelsOf(route, head.method, status, authorized, model), route: head.path };',
      },
    ],
  },
  {
    row: 'W-55',
    did: 'knew one spelling of the scheme',
    edits: [{ file: 'http/auth.ts', find: '/^bearer\\s/i', put: '/^Bearer\\s/' }],
  },
  {
    row: 'W-56',
    did: 'showed its inside to everybody',
    edits: [
      {
        file: 'http/server.ts',
        find: "const insider = hasKey || (isLocalCaller(exchange.head) && isOwnOrigin(exchange.head.header('origin')));",
        put: 'const insider = true;',
      },
    ],
  },
  {
    row: 'W-57',
    did: 'allowed credentials to any origin',
    edits: [
      {
        file: 'http/cors.ts',
        find: "if (found === 'listed') headers.push(",
        put: "if (found === 'listed' || found === 'echoed') headers.push(",
      },
    ],
  },
  {
    row: 'W-58',
    did: 'told a mistake of the client as a failure that a retry may help',
    edits: [
      {
        file: 'http/catalogue.ts',
        find: "  bad_request: bad('bad_request', 'The model provider refused the request.'),",
        put: "  bad_request: entry(503, 'backend_unavailable', 'bad_request', true, 'refused'),",
      },
    ],
  },
  {
    row: 'W-59',
    did: 'wrote prompts into its log',
    edits: [
      {
        file: 'http/request-notes.ts',
        find: "if (printable.test(client)) journal.info('client_request', { req_id: id, client_request_id: client });",
        put: "journal.info('client_request', { req_id: id, client_request_id: JSON.stringify(admission.request.turn.items) });",
      },
    ],
  },
  {
    row: 'W-62',
    did: 'said 401 of a path that does not exist',
    edits: [
      {
        file: 'http/server.ts',
        find: "throw new RequestError('unknown_url', route.message);",
        put: "throw new RequestError('invalid_api_key', 'unauthorized');",
      },
    ],
  },
];
