import { expect, test } from 'vitest';
import type { JsonObject } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { Watchers } from '../testkit/watchers.ts';
import type { HttpHappenings } from './happenings.ts';
import { captureWorkers, type RecordFile } from './worker-capture.ts';

const file = (bytesMax: number) => {
  const records: JsonObject[] = [];
  const view = { value: (value: never) => value, text: (text: string) => text, headers: () => ({}) };
  const target: RecordFile = { bytesMax, view, write: (record) => records.push(record) };
  return { target, records };
};

const begin = (bytesMax = 1_000) => {
  const { watch, tell } = new Watchers<HttpHappenings>();
  const [lines, thinking] = [file(bytesMax), file(bytesMax)];
  captureWorkers({ watch, now: () => 7, lines: lines.target, thinking: thinking.target });
  const [slot, epoch, response] = [0 as Slot, 1 as Epoch, 'resp_1' as ResponseId];
  tell('response.opened', { request: 'req_1', response, choice: 0 });
  const say = (direction: 'in' | 'out', line: string): void =>
    tell('worker.line', { slot, epoch, response, direction, line });
  return { lines: lines.records, thinking: thinking.records, say };
};

test('P-209 each line is a record that says whose it is', () => {
  const { lines, say } = begin();
  say('out', '{"method":"turn/start","id":3,"params":{}}\n');
  say('in', '{"method":"item/agentMessage/delta","params":{"delta":"Hel"}}');
  expect(lines).toMatchObject([
    { ts: 7, direction: 'outbound', req_id: 'req_1', rpc_id: 3, notification_method: 'turn/start', truncated: false },
    { direction: 'inbound', response_id: 'resp_1', message: { params: { delta: 'Hel' } } },
  ]);
});

test('P-209 reasoning stands apart, of either protocol, and only what the worker says of it', () => {
  const { thinking, say } = begin();
  const reasoning = [
    '{"method":"item/reasoning/textDelta","params":{"delta":"hm"}}',
    '{"method":"item/started","params":{"item":{"type":"reasoning"}}}',
    '{"id":"1","msg":{"type":"agent_reasoning_delta","delta":"hm"}}',
  ];
  for (const line of reasoning) say('in', line);
  say('in', '{"method":"item/agentMessage/delta","params":{"delta":"\\"type\\":\\"reasoning\\""}}');
  say('out', '{"method":"turn/start","id":3,"params":{"type":"reasoning"}}');
  expect(thinking.map(({ message }) => message)).toEqual(reasoning.map((line) => JSON.parse(line) as JsonObject));
});

test('P-209 a record has no more than the limit of its line', () => {
  const { lines, say } = begin(100);
  say('in', `{"method":"x","params":{"text":"${'x'.repeat(100_000)}"}}`);
  expect(lines).toMatchObject([{ truncated: true, bytes: 100_035 }]);
  expect(lines[0]?.['message']).toHaveLength(100);
});
