import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseLog } from '../actors/log.ts';
import { ByteTape } from '../actors/tape.ts';
import { growing, grown, logPlan } from '../testkit/log-arbitrary.ts';
import {
  callsLog,
  completed,
  emptyLog,
  end,
  failureLog,
  incompleteLog,
  reasoningLog,
  textLog,
} from '../testkit/log-examples.ts';
import type { JsonObject } from '../testkit/validator/json.ts';
import { validateResponsesStream } from '../testkit/validator/responses.ts';
import { responseBody } from './responses-body.ts';
import { responsesStream } from './responses-stream.ts';

const fixture = (name: string): string => readFileSync(new URL(`../testkit/fixtures/${name}`, import.meta.url), 'utf8');

const getWeather = {
  type: 'function',
  name: 'get_weather',
  description: 'Current weather for a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
};

const streamed = (log: ResponseLog, cursor = 0): string => {
  const out = new ByteTape();
  const projection = responsesStream();
  projection.project(log, cursor, out, Infinity);
  projection.finish(out, []);
  return out.view().toString('utf8');
};

const frames = (text: string): string[] => text.split('\n\n').slice(0, -1);
const data = (frame: string | undefined): JsonObject => JSON.parse(frame?.slice(frame.indexOf('data: ') + 6) ?? '');

describe('worked examples of the contract', () => {
  const split = ['{"city":"', 'Oslo"}'];
  it.each([
    ['responses-a.sse', textLog()],
    ['responses-b.sse', reasoningLog()],
    ['responses-c.sse', callsLog('resp_c1', split, ['{"city":"', 'Rome"}'], [getWeather])],
    ['responses-d.sse', failureLog()],
    ['responses-e.sse', incompleteLog()],
  ])('%s byte for byte', (name, log) => {
    expect(streamed(log)).toBe(fixture(name));
  });
});

describe('single events', () => {
  it('a background response is queued first', () => {
    const log = emptyLog('resp_q', { background: true });
    log.begin(true);
    const [created, queued, running] = frames(streamed(log));
    expect([created, queued, running].map((frame) => (data(frame)['response'] as JsonObject)['status'])).toEqual([
      'queued',
      'queued',
      'in_progress',
    ]);
    expect(queued).toMatch(/^event: response\.queued\n/);
  });

  it('a cancelled response fails with status cancelled', () => {
    const log = emptyLog('resp_x');
    log.begin();
    end(log, { type: 'cancelled' }, null);
    const [error, failed] = frames(streamed(log)).slice(2);
    expect(error).toMatch(/^event: error\n/);
    expect(failed).toMatch(/^event: response\.failed\n/);
    expect(data(failed)['response']).toMatchObject({ status: 'cancelled', error: { code: 'response_cancelled' } });
  });

  it('an annotation tells its place and its own index', () => {
    const log = emptyLog('resp_n');
    log.begin();
    const part = log.openPart(log.openItem({ id: 'msg_n', kind: 'message' }), 'text');
    log.annotate(part, { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 0 });
    expect(frames(streamed(log))[4]).toBe(
      'event: response.output_text.annotation.added\n' +
        'data: {"type":"response.output_text.annotation.added","sequence_number":4,"item_id":"msg_n","output_index":0,' +
        '"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"https://a.example",' +
        '"title":"A","start_index":0,"end_index":0}}',
    );
  });

  it.each([
    ['refusal', 'message', 'response.refusal', '"content_index":0,', 'refusal'],
    ['input', 'custom_tool_call', 'response.custom_tool_call_input', '', 'input'],
  ] as const)('%s text has its own events', (kind, itemKind, event, index, key) => {
    const log = emptyLog('resp_k');
    log.begin();
    const part = log.openPart(log.openItem({ id: 'i_1', kind: itemKind, callId: 'call_1', name: 'f' }), kind);
    log.append(part, 'No "way"');
    log.closePart(part);
    const text = frames(streamed(log)).filter((frame) => frame.startsWith(`event: ${event}.`));
    const place = `"item_id":"i_1","output_index":0,${index}`;
    const first = kind === 'refusal' ? 4 : 3;
    expect(text).toEqual([
      `event: ${event}.delta\ndata: {"type":"${event}.delta","sequence_number":${first},${place}"delta":"No \\"way\\""}`,
      `event: ${event}.done\ndata: {"type":"${event}.done","sequence_number":${first + 1},${place}"${key}":"No \\"way\\""}`,
    ]);
  });

  it('a phase that becomes known late does not change the announcement', () => {
    const log = emptyLog('resp_p');
    log.begin();
    const item = log.openItem({ id: 'msg_p', kind: 'message' });
    log.closePart(log.openPart(item, 'text'));
    item.phase = 'final_answer';
    log.closeItem(item);
    const [added, done] = frames(streamed(log)).filter((frame) => frame.includes('"item":'));
    expect([added?.includes('"phase"'), done?.includes('"phase":"final_answer"')]).toEqual([false, true]);
  });
});

describe('any log', () => {
  const options = { optIns: ['custom'] } as const;

  it('projects to a stream that passes the validator and folds to the body', () => {
    fc.assert(
      fc.property(logPlan, (plan) => {
        const log = grown(plan);
        validateResponsesStream(Buffer.from(streamed(log)), { ...options, body: JSON.parse(responseBody(log)) });
      }),
    );
  });

  it('gives the same bytes for every room, and whole frames', () => {
    fc.assert(
      fc.property(logPlan, fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1 }), (plan, rooms) => {
        const log = grown(plan);
        const projection = responsesStream();
        let text = '';
        for (let cursor = 0, turn = 0; cursor < log.length; turn++) {
          const out = new ByteTape();
          cursor = projection.project(log, cursor, out, rooms[turn % rooms.length] ?? 1);
          const written = out.view().toString('utf8');
          expect(written.endsWith('\n\n')).toBe(true);
          text += written;
        }
        expect(`${text}data: [DONE]\n\n`).toBe(streamed(log));
      }),
    );
  });

  it('reads the same while it grows as when it is finished', () => {
    fc.assert(
      fc.property(logPlan, (plan) => {
        const live = responsesStream();
        const out = new ByteTape();
        let cursor = 0;
        let log: ResponseLog | undefined;
        for (log of growing(plan)) cursor = live.project(log, cursor, out, Infinity);
        live.finish(out, []);
        expect(out.view().toString('utf8')).toBe(streamed(log as ResponseLog));
      }),
    );
  });

  it('gives the rest of the stream from any cursor', () => {
    fc.assert(
      fc.property(logPlan, fc.nat(), (plan, anywhere) => {
        const log = grown(plan);
        const cursor = anywhere % log.length;
        expect(frames(streamed(log, cursor))).toEqual(frames(streamed(log)).slice(cursor));
      }),
    );
  });

  it('reads the same after it was packed', () => {
    fc.assert(
      fc.property(logPlan, (plan) => {
        const log = grown(plan);
        const copy = ResponseLog.fromRecord(structuredClone(log.toRecord()));
        expect(streamed(copy)).toBe(streamed(log));
      }),
    );
  });
});

it('nothing is written into a tape that is full', () => {
  const out = new ByteTape();
  out.write('12345');
  expect([responsesStream().project(textLog(), 0, out, 5), out.length]).toEqual([0, 5]);
});

it('sequence numbers are exact over all powers of ten', () => {
  const log = emptyLog('resp_big');
  log.begin();
  const item = log.openItem({ id: 'msg_big', kind: 'message' });
  const part = log.openPart(item, 'text');
  for (let count = 0; count < 1100; count++) log.append(part, 'x');
  log.closePart(part);
  log.closeItem(item);
  end(log, completed, null);
  const numbers = frames(streamed(log))
    .slice(0, -1)
    .map((frame) => data(frame)['sequence_number']);
  expect(numbers).toEqual([...numbers.keys()]);
});
