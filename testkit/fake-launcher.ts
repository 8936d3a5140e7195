/** Workers made of nothing: a launcher whose channels say what a test makes them say, and keep what they were sent. */

import { Subject } from 'rxjs';
import type { Channel, ChannelCommand, Launcher, TurnOutput, WorkerFact } from '../actors/seams.ts';
import type { TurnEvent } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';

export class FakeChannel implements Channel {
  readonly slot: Slot;
  readonly epoch: Epoch;
  readonly output = new Subject<readonly TurnOutput[]>();
  readonly facts = new Subject<WorkerFact>();
  readonly sent: ChannelCommand[] = [];

  constructor(slot: Slot, epoch: Epoch) {
    this.slot = slot;
    this.epoch = epoch;
  }

  send(command: ChannelCommand): void {
    this.sent.push(command);
  }

  /** Spawned and shaken hands with. */
  rise(): void {
    this.facts.next({ type: 'process.spawned' });
    this.facts.next({ type: 'handshake.completed', version: '0.169.0' });
  }

  exit(code: number | null = 1): void {
    this.facts.next({ type: 'process.exited', code, signal: null, reason: 'test' });
  }

  /** One chunk of output about one response. */
  say(response: ResponseId, ...events: readonly TurnEvent[]): void {
    this.output.next(events.map((event) => ({ response, event })));
  }

  /** The responses whose turns were started here, in order. */
  get turns(): readonly ResponseId[] {
    return this.sent.flatMap((command) => (command.type === 'turn.start' ? [command.response] : []));
  }

  has(type: ChannelCommand['type']): boolean {
    return this.sent.some((command) => command.type === type);
  }
}

export class FakeLauncher implements Launcher {
  readonly channels: FakeChannel[] = [];

  launch(slot: Slot, epoch: Epoch): FakeChannel {
    const channel = new FakeChannel(slot, epoch);
    this.channels.push(channel);
    return channel;
  }

  /** The newest process of a slot. */
  worker(slot: number): FakeChannel {
    const channel = this.channels.findLast((candidate) => candidate.slot === slot);
    if (channel === undefined) throw new Error(`no process was started for slot ${slot}`);
    return channel;
  }
}
