import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Happenings } from '../actors/diagnostics.ts';
import type { ChannelCommand, TurnOutput, WorkerFact } from '../actors/seams.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import type { ProcessEvents, ProcessSpec } from './process.ts';
import { createProtoLauncher } from './proto-launcher.ts';

const [r1, r2] = ['resp_1', 'resp_2'] as [ResponseId, ResponseId];
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
};

interface Child {
  readonly spec: ProcessSpec;
  readonly events: ProcessEvents;
  readonly writes: string[];
  readonly signals: string[];
  ended: boolean;
}

class Legacy {
  readonly clock = new VirtualClock();
  readonly children: Child[] = [];
  readonly told: string[] = [];
  readonly facts: WorkerFact[] = [];
  readonly journal: string[] = [];
  readonly lines: Happenings['worker.line'][] = [];
  readonly channel;

  constructor(binary: string = process.execPath, lineBytesMax = 1_000) {
    const note = (event: string, facts?: unknown): void => void this.journal.push(`${event} ${JSON.stringify(facts)}`);
    const launcher = createProtoLauncher({
      binary,
      home: '/home',
      workdir: '/work',
      sqliteBase: '/state',
      provider: { type: 'url', url: 'http://x/v1', key: 'provider-key' },
      environment: {},
      environmentAllow: [],
      limits: { ...transportLimits, lineBytesMax },
      clock: this.clock,
      journal: { info: note, warn: note },
      diagnostics: {
        watched: () => true,
        publish: (name, told) => void (name === 'worker.line' && this.lines.push(told as Happenings['worker.line'])),
      },
      settings: {
        preferredAuthMethod: 'chatgpt',
        sandbox: 'read-only',
        approvalPolicy: 'never',
        webSearch: false,
        modelProvider: null,
      },
      spawner: (spec, events) => {
        const child: Child = { spec, events, writes: [], signals: [], ended: false };
        this.children.push(child);
        return {
          pid: 1,
          write: (text) => child.writes.push(text) > 0,
          end: () => {
            child.ended = true;
          },
          kill: (signal) => void child.signals.push(signal ?? 'SIGKILL'),
        };
      },
    });
    this.channel = launcher.launch(0 as Slot, 1 as Epoch);
    this.channel.output.subscribe((batch) => this.told.push(...batch.map(shown)));
    this.channel.facts.subscribe((fact) => this.facts.push(fact));
  }

  get types(): readonly string[] {
    return this.facts.map(({ type }) => type);
  }

  child(at = 0): Child {
    const child = this.children[at];
    if (child === undefined) throw new Error('no such process');
    return child;
  }

  async send(command: ChannelCommand): Promise<void> {
    this.channel.send(command);
    await settled();
  }

  async ready(): Promise<this> {
    await settled();
    await this.send({ type: 'initialize', refresh: false });
    return this;
  }

  async start(response: ResponseId = r1): Promise<Child> {
    await this.send({ type: 'turn.start', response, turn: { model: 'm', items: [] } });
    const child = this.child(this.children.length - 1);
    child.events.spawned();
    return child;
  }

  say(child: Child, ...events: readonly object[]): void {
    for (const msg of events) child.events.stdout(Buffer.from(`${JSON.stringify({ id: '1', msg })}\n`));
  }
}

const shown = ({ response, event }: TurnOutput): string => {
  const { type } = event;
  const outcome = type === 'turn.ended' ? event.outcome : null;
  const code = outcome?.type === 'failed' ? outcome.failure.code : (outcome?.type ?? '');
  return `${response} ${type}${code === '' ? '' : ` ${code}`}${type === 'turn.refused' ? ` ${event.failure.code}` : ''}`;
};
const exit = (code: number | null, signal: string | null = null) => ({ code, signal, reason: 'test' });

test('it is a worker without a process', async () => {
  const legacy = await new Legacy().ready();
  expect(legacy.types).toEqual(['process.spawned', 'handshake.completed', 'account.observed']);
  expect(legacy.children).toEqual([]);
  await legacy.send({ type: 'login.start' });
  await legacy.send({ type: 'account.read' });
  expect(legacy.types.slice(3)).toEqual(['login.failed', 'account.observed']);
});

test('a turn is a process with its line, and stops with the turn', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  expect(child.spec.args.slice(0, 1)).toEqual(['proto']);
  expect(child.spec.cwd).toBe('/work');
  expect(child.spec.env).toMatchObject({ RUST_LOG: 'error', CODEX_HOME: '/home', UPSTREAM_API_KEY: 'provider-key' });
  expect(child.writes).toHaveLength(1);
  legacy.say(child, { type: 'agent_message', message: 'Hi' }, { type: 'task_complete' });
  expect(legacy.told).toEqual(['resp_1 turn.accepted', 'resp_1 text.delta', 'resp_1 turn.ended completed']);
  await legacy.send({ type: 'turn.stop', response: r1 });
  expect([child.ended, child.signals]).toEqual([true, ['SIGTERM']]);
  legacy.clock.advance(1_000);
  expect(child.signals).toEqual(['SIGTERM', 'SIGKILL']);
  child.events.exited(exit(null, 'SIGKILL'));
  expect(legacy.told.slice(3)).toEqual(['resp_1 turn.closed']);
  // As it was told to: nothing to write home about.
  expect(legacy.journal).toEqual([]);
});

test('P-209 each line of its process is told to who watches, with the response that it is about', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  legacy.say(child, { type: 'agent_message', message: 'Hi' });
  const [out, inward] = legacy.lines;
  expect(out).toEqual({ slot: 0, epoch: 1, response: r1, direction: 'out', line: child.writes[0] });
  expect(inward).toMatchObject({ response: r1, direction: 'in' });
  expect(JSON.parse(inward?.line ?? '')).toMatchObject({ msg: { message: 'Hi' } });
});

test('what is said after the stop is not heard', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  await legacy.send({ type: 'turn.stop', response: r1 });
  legacy.say(child, { type: 'agent_message', message: 'late' });
  child.events.exited(exit(0));
  expect(legacy.told).toEqual(['resp_1 turn.accepted', 'resp_1 turn.closed']);
  expect(legacy.clock.pending).toBe(1);
});

test('a stop before the process runs starts nothing', async () => {
  const legacy = await new Legacy().ready();
  await legacy.send({ type: 'turn.start', response: r1, turn: { model: 'm', items: [] } });
  await legacy.send({ type: 'turn.stop', response: r1 });
  legacy.child().events.spawned();
  expect(legacy.child().writes).toEqual([]);
  legacy.child().events.exited(exit(null, 'SIGTERM'));
  expect(legacy.told).toEqual(['resp_1 turn.closed']);
});

test('a process that dies costs its own turn only', async () => {
  const legacy = await new Legacy().ready();
  const [first, second] = [await legacy.start(r1), await legacy.start(r2)];
  first.events.exited(exit(3));
  legacy.say(second, { type: 'agent_message', message: 'Hi' }, { type: 'task_complete' });
  await legacy.send({ type: 'turn.stop', response: r1 });
  expect(legacy.told).toEqual([
    'resp_1 turn.accepted',
    'resp_2 turn.accepted',
    'resp_1 turn.ended worker_exited',
    'resp_2 text.delta',
    'resp_2 turn.ended completed',
    'resp_1 turn.closed',
  ]);
  expect(legacy.types).not.toContain('process.exited');
  expect(legacy.journal).toEqual(['proto_exited {"response_id":"resp_1","reason":"test"}']);
});

test('one that cannot be started refuses the turn', async () => {
  const legacy = await new Legacy().ready();
  await legacy.send({ type: 'turn.start', response: r1, turn: { model: 'm', items: [] } });
  legacy.child().events.exited({ code: null, signal: null, reason: 'spawn failed: EAGAIN' });
  expect(legacy.told).toEqual(['resp_1 turn.refused worker_not_ready']);
});

test.each([
  ["error: unrecognized subcommand 'proto'\n", 'proto_unsupported'],
  ['Error: stdin is not a terminal\n', 'proto_unsupported'],
  ['Error: something else\n', 'worker_exited'],
])('stderr %j before any event: %s', async (words, code) => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  child.events.stderr(Buffer.from(words));
  child.events.exited(exit(2));
  expect(legacy.told.at(-1)).toBe(`resp_1 turn.ended ${code}`);
});

test.each([
  ['words without an event', 'x\n'],
  ['a line without an end', 'x'],
])('too many bytes of %s end the process', async (_, piece) => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  for (let bytes = 0; bytes <= 1_000; bytes += piece.length) child.events.stdout(Buffer.from(piece));
  expect(child.signals).toContain('SIGKILL');
  child.events.exited(exit(null, 'SIGKILL'));
  expect(legacy.told.at(-1)).toBe('resp_1 turn.ended worker_exited');
});

test('the last line may lack its end, and the process its manners', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  child.events.stdout(Buffer.from('{"type":"agent_message","message":"Hi"}'));
  child.events.exited({ code: null, signal: 'SIGKILL', reason: 'its output ended, killed by SIGKILL' });
  expect(legacy.told.slice(1)).toEqual(['resp_1 text.delta', 'resp_1 turn.ended completed']);
});

test('of what it logs, only errors and unmarked lines are told', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  child.events.stderr(
    Buffer.from(
      '\u001B[2m2026-11-30T08:54:31.475255Z\u001B[0m \u001B[32m INFO\u001B[0m codex_core::codex: FunctionCall: f({"x":"SECRET"})\n' +
        '2026-11-30T08:54:31.475255Z  WARN codex_core: SECRET\n2026-11-30T08:54:31.475255Z ERROR codex_core: bad\nplain\n',
    ),
  );
  expect(legacy.journal.join('\n')).not.toContain('SECRET');
  // Of both the words are left out: they may be those of the prompt.
  expect(legacy.journal.map((line) => line.replace(/^.*"line":/u, ''))).toEqual([
    '"2026-11-30T08:54:31.475255Z ERROR codex_core","chars":5,"suppressed":0}',
    'null,"chars":5,"suppressed":0}',
  ]);
});

test('what several of them log is not mixed up', async () => {
  const legacy = await new Legacy().ready();
  const [first, second] = [await legacy.start(r1), await legacy.start(r2)];
  first.events.stderr(Buffer.from('2026-11-30T08:54:31.475255Z  INFO codex_core: FunctionCall: f('));
  second.events.stderr(Buffer.from('plain\n'));
  first.events.stderr(Buffer.from('SECRET)\n'));
  expect(legacy.journal).toEqual(['worker_stderr {"slot":0,"epoch":1,"line":null,"chars":5,"suppressed":0}']);
});

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const content = `${'[{"text":'.repeat(20_000)}"a"${'}]'.repeat(20_000)}`;
test.each([
  ['arguments', `{"type":"agent_message","message":{"tool_calls":[{"function":{"name":"f","arguments":${deep}}}]}}`],
  ['pieces of arguments', `{"type":"agent_message_delta","delta":{"tool_calls":[{"function":{"arguments":${deep}}}]}}`],
  ['parts of a text', `{"type":"agent_message","message":{"content":${content}}}`],
])('%s that are nested too deeply are no event', async (_, line) => {
  const legacy = await new Legacy(process.execPath, 1_000_000).ready();
  const child = await legacy.start();
  child.events.stdout(Buffer.from(`${line}\n`));
  legacy.say(child, { type: 'agent_message', message: 'Hi' }, { type: 'task_complete' });
  expect(legacy.told.slice(1)).toEqual(['resp_1 text.delta', 'resp_1 turn.ended completed']);
});

test('arguments that never end, end the process', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  const piece = {
    type: 'agent_message_delta',
    delta: { tool_calls: [{ index: 0, function: { arguments: 'x'.repeat(100) } }] },
  };
  for (let at = 0; at < 10; at += 1) legacy.say(child, piece);
  expect(child.signals).toEqual([]);
  legacy.say(child, piece);
  expect(child.signals).toEqual(['SIGKILL']);
  child.events.exited(exit(null, 'SIGKILL'));
  expect(legacy.told.at(-1)).toBe('resp_1 turn.ended worker_exited');
});

test('a question is answered with no', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  legacy.say(child, { type: 'exec_approval_request' });
  expect(child.writes[1]).toContain('"decision":"denied"');
});

test('without a program it is not in service, and says why', async () => {
  const legacy = new Legacy('/nonexistent/codex');
  await settled();
  expect(legacy.facts).toEqual([
    { type: 'process.exited', code: null, signal: null, reason: 'codex binary: /nonexistent/codex does not exist' },
  ]);
});

test('a program that goes away is noticed by the next look, and by the next turn', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-proto-'));
  const program = join(folder, 'codex.mjs');
  writeFileSync(program, '');
  const legacy = await new Legacy(program).ready();
  const other = await new Legacy(program).ready();
  rmSync(folder, { recursive: true });
  legacy.clock.advance(transportLimits.pulseMs);
  expect(legacy.types.at(-1)).toBe('wear.observed');
  await other.send({ type: 'turn.start', response: r1, turn: { model: 'm', items: [] } });
  expect([other.told, other.types.at(-1)]).toEqual([['resp_1 turn.refused worker_not_ready'], 'wear.observed']);
});

test('asked to end, it ends when its last process is gone', async () => {
  const legacy = await new Legacy().ready();
  const child = await legacy.start();
  await legacy.send({ type: 'ask' });
  expect([child.signals, legacy.types.includes('process.exited')]).toEqual([['SIGTERM'], false]);
  await legacy.send({ type: 'kill' });
  await legacy.send({ type: 'kill' });
  child.events.exited(exit(null, 'SIGKILL'));
  expect(legacy.facts.at(-1)).toMatchObject({ type: 'process.exited', code: 0 });
  await legacy.send({ type: 'kill' });
  expect(legacy.types.filter((type) => type === 'process.exited')).toHaveLength(1);
  expect(legacy.clock.pending).toBe(0);
});

test('killed without a turn, it is gone at once', async () => {
  const legacy = await new Legacy().ready();
  await legacy.send({ type: 'kill' });
  expect(legacy.types.at(-1)).toBe('process.exited');
});
