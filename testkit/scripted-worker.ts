/** A channel whose process says what the test puts into its mouth, under a virtual clock. */

import type { Channel, Ids, TurnOutput, WorkerFact } from '../actors/seams.ts';
import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { Anomaly } from '../transport/counters.ts';
import type { Members } from '../transport/json.ts';
import { createLauncher, type LauncherOptions, type WorkerLauncher } from '../transport/launcher.ts';
import { outputsOf } from './text-runs.ts';
import { launcherOptions } from './launcher-options.ts';
import type { ProcessEvents } from '../transport/process.ts';
import { VirtualClock } from './virtual-clock.ts';

const ids: Ids = { response: () => '' as ResponseId, request: () => '', jitter: () => 0.5 };
export const someTurn: Turn = { model: 'm', items: [{ type: 'message', role: 'user', content: [] }] };
export const [r1, r2] = ['resp_1', 'resp_2'] as [ResponseId, ResponseId];

export class ScriptedWorker {
  readonly clock = new VirtualClock();
  readonly writes: string[] = [];
  readonly batches: (readonly TurnOutput[])[] = [];
  readonly facts: WorkerFact[] = [];
  readonly counts: Anomaly[] = [];
  readonly journal: string[] = [];
  readonly launcher: WorkerLauncher;
  readonly channel: Channel;
  process!: ProcessEvents;
  ended = 0;
  killed = 0;

  constructor(more: Partial<LauncherOptions> = {}) {
    const note = (event: string, facts?: unknown): void => void this.journal.push(`${event} ${JSON.stringify(facts)}`);
    this.launcher = createLauncher({
      ...launcherOptions,
      clock: this.clock,
      ids,
      journal: { info: note, warn: note },
      count: (anomaly) => this.counts.push(anomaly),
      spawner: (_spec, events) => {
        this.process = events;
        return {
          pid: 1,
          write: (text) => {
            this.writes.push(text);
            return true;
          },
          end: () => void (this.ended += 1),
          kill: () => void (this.killed += 1),
        };
      },
      ...more,
    });
    this.channel = this.launcher.launch(0 as Slot, 1 as Epoch);
    this.channel.output.subscribe((batch) => this.batches.push(batch.flatMap(outputsOf)));
    this.channel.facts.subscribe((fact) => this.facts.push(fact));
  }

  /** Everything that was written, by line. */
  get sent(): Members[] {
    return this.writes.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Members),
    );
  }

  get methods(): unknown[] {
    return this.sent.map((line) => line['method']);
  }

  events(response: ResponseId = r1): TurnEvent[] {
    return this.batches.flat().flatMap((output) => (output.response === response ? [output.event] : []));
  }

  types(response: ResponseId = r1): string[] {
    return this.events(response).map(({ type }) => type);
  }

  /** One chunk of these lines. */
  say(...lines: (string | object)[]): void {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    this.process.stdout(Buffer.from(text));
  }

  idOf(method: string): unknown {
    return this.sent.findLast((line) => line['method'] === method)?.['id'];
  }

  answer(method: string, result: unknown): void {
    this.say({ id: this.idOf(method), result });
  }

  refuse(method: string, code: number, message: string): void {
    this.say({ error: { code, message }, id: this.idOf(method) });
  }

  start(response: ResponseId = r1, threadId = 'T1', turnId = 'U1'): void {
    this.channel.send({ type: 'turn.start', response, turn: someTurn });
    this.answer('thread/start', { thread: { id: threadId } });
    this.answer('thread/inject_items', {});
    this.answer('turn/start', { turn: { id: turnId } });
  }

  async stop(response: ResponseId = r1): Promise<void> {
    this.channel.send({ type: 'turn.stop', response });
    await Promise.resolve();
  }

  async ready(): Promise<void> {
    this.process.spawned();
    this.channel.send({ type: 'initialize', refresh: false });
    this.answer('initialize', { userAgent: 'codex-gateway/0.169.0 (x)' });
    this.answer('account/read', { account: null, requiresOpenaiAuth: true });
    this.answer('model/list', { data: [{ id: 'm' }], nextCursor: null });
    await Promise.resolve();
  }
}
