/**
 * Plays one session in a world of its own, to its end and beyond: until every response has ended, a later request has been
 * served, and the world has been drained. Invariant: it only does and records; what must hold is judged in `judge.ts`.
 */

import type { Clock } from '../../actors/seams.ts';
import type { ResponseHandle } from '../../actors/service.ts';
import type { Play } from '../app-server/selection.ts';
import type { Script, Step } from '../app-server/script.ts';
import { MemoryProcess, type ProcessPlan } from '../world/memory-process.ts';
import { isStream, type ModeClient, Modes } from '../world/modes.ts';
import { turnOf, World, type WorldOptions } from '../world/world.ts';
import { poolLimits, streamLimits } from '../house.ts';
import {
  type Health,
  nameMark,
  nameOf,
  type Scene,
  type Session,
  sessionLimits as limits,
  strayText,
} from './session.ts';

/** What became of one scene. */
export interface Told {
  readonly scene: Scene;
  readonly index: number;
  readonly handle: ResponseHandle;
  readonly client: ModeClient;
  readonly askedAt: number;
  /** When a worker began to play its script, for the last time; null: none did. */
  startedAt: number | null;
  /** The processes that began it, in order. */
  readonly players: MemoryProcess[];
  /** When the response had its outcome. */
  endedAt: number | null;
  leftAt: number | null;
  /** When its worker was told to stop its turn. */
  interruptedAt: number | null;
  blocked: boolean;
}

export interface Evening {
  readonly session: Session;
  readonly told: readonly Told[];
  /** The process that served a response. */
  readonly serving: (told: Told) => MemoryProcess | undefined;
  readonly deaths: number;
  /** A request that came when all was over; null: no worker became ready for it. */
  readonly probe: Told | null | undefined;
  readonly leftovers: readonly string[];
}

const tools = ['lookup_user', 'get_weather'].map((name) => ({
  name,
  description: name,
  inputSchema: { type: 'object' },
}));

const deadlines = { ...streamLimits, ...limits };
const worldLimits = {
  live: deadlines,
  whole: deadlines,
  responseBytesMax: 1_000_000,
  // Patient with processes: a session may kill many.
  worker: { startupMs: 2_000, handshakeMs: 5_000, graceMs: 2_000, killMs: 1_000 },
};

const named = (steps: readonly Step[], index: number): readonly Step[] =>
  JSON.parse(JSON.stringify(steps).replaceAll(nameMark, nameOf(index))) as readonly Step[];

/** The second sampling that the CLI makes of its own when a tool is unknown; nobody may ever read of it. */
const hidden: Script = {
  steps: [
    { do: 'sleep', ms: 20 },
    { do: 'open' },
    { do: 'delta', text: strayText },
    { do: 'close' },
    { do: 'sampled', usage: null },
    { do: 'complete', status: 'completed' },
  ],
};
const probeScene: Scene = {
  row: null,
  mode: 'rs',
  askMs: 0,
  client: [],
  includeUsage: false,
  steps: [{ do: 'delta', text: nameMark }, { do: 'close' }, { do: 'complete', status: 'completed' }],
};

/** Responses that the fake is asked for tell it their place in the session. */
const placeIn = (input: readonly unknown[]): number => {
  const [first] = input as { content: { text: string }[] }[];
  return Number(first?.content[0]?.text);
};

/** The process that plays the scene, whatever serves it by then. */
const harmed = (player: MemoryProcess, how: NonNullable<Scene['harm']>['how']): void => {
  if (how === 'stdin') player.closeStdin();
  else if (how === 'stdout') player.closeStdout();
  else player.die(how === 'exit' ? 1 : null, how === 'exit' ? null : 'SIGKILL', how === 'torn');
};

class Stage {
  readonly session: Session;
  readonly told: Told[] = [];
  readonly world: World;
  readonly #modes: Modes;
  readonly #threads = new Map<string, Told>();
  #clock: Clock | null = null;
  /** Of the process that is being started. */
  #health: Health = {};

  constructor(session: Session, options: Partial<WorldOptions>) {
    this.session = session;
    const { seed, workers, turnsPerWorkerMax } = session;
    this.world = new World({
      seed,
      limits: {
        ...worldLimits,
        workers,
        pool: { ...poolLimits, turnsPerWorkerMax, queueMax: 8, restartMax: 20 },
      },
      transport: { stepMs: limits.stepMs, lineBytesMax: limits.lineBytesMax, handshakeMs: 5_000, pulseMs: 30_000 },
      plan: ({ index }) => this.#plan(session.processes[index] ?? {}),
      lines: { told: (line) => this.#heard(line) },
      ...options,
      seams: {
        ...options.seams,
        clock: (clock) => {
          this.#clock = clock;
          return options.seams?.clock?.(clock) ?? clock;
        },
        spawner: (spawn) => (spec, events) => {
          const { greeting = [], livesMs } = this.#health;
          const process = (options.seams?.spawner?.(spawn) ?? spawn)(spec, events);
          for (const line of greeting) this.#clock?.schedule(1, () => events.stdout(Buffer.from(`${line}\n`)));
          if (livesMs !== undefined && process instanceof MemoryProcess)
            this.#clock?.schedule(livesMs, () => process.die(1, null));
          return process;
        },
      },
    });
    this.#modes = new Modes({
      service: this.world.node,
      clock: this.world.clock,
      journal: { info: () => undefined, warn: () => undefined },
      keepaliveMs: limits.keepaliveMs,
      silenceMs: limits.silenceMs,
      blankMs: limits.blankMs,
    });
  }

  #plan(health: Health): ProcessPlan {
    this.#health = health;
    const { spawn, readyDelayMs, neverReady, rules } = health;
    const { pace, reorder } = this.session;
    return {
      ...(spawn === undefined ? {} : { spawn }),
      stdout: pace,
      stdin: { delayMs: 1, splitChance: 0.1 },
      server: {
        reorder,
        play: this.#play,
        ...(readyDelayMs === undefined ? {} : { readyDelayMs }),
        ...(neverReady === undefined ? {} : { neverReady }),
        ...(rules === undefined ? {} : { rules }),
      },
    };
  }

  readonly #play: Play = ({ input, threadKey }) => {
    // The conversation that it was sent with was refused.
    if (input.length === 0) return hidden;
    const told = this.told[placeIn(input)];
    if (told === undefined) throw new Error('a turn that nobody asked for');
    const player = this.serving(told);
    if (player === undefined || told.players.includes(player)) return hidden;
    const { steps, answered, interrupt, harm } = told.scene;
    // A second worker plays it from its beginning, and is not harmed.
    if (harm !== undefined && told.players.length === 0)
      this.world.clock.schedule(harm.afterMs, () => harmed(player, harm.how));
    told.players.push(player);
    told.startedAt = this.world.now;
    told.interruptedAt = null;
    this.#threads.set(threadKey, told);
    return {
      steps: named(steps, told.index),
      ...(answered === undefined ? {} : { answer: answered }),
      ...(interrupt === undefined ? {} : { interrupt }),
    };
  };

  #heard(line: string): void {
    if (!line.startsWith('{"method":"turn/interrupt"')) return;
    const { params } = JSON.parse(line) as { params: { threadId: string } };
    const told = this.#threads.get(params.threadId);
    if (told !== undefined) told.interruptedAt ??= this.world.now;
  }

  serving(told: Told): MemoryProcess | undefined {
    return this.world.processes.serving.get(told.handle.id);
  }

  ask(scene: Scene): Told {
    const { world } = this;
    const handle = world.open(turnOf(String(this.told.length), { tools }), {
      streaming: isStream(scene.mode),
      inputName: scene.mode.startsWith('c') ? 'messages' : 'input',
    });
    const told: Told = {
      scene,
      index: this.told.length,
      handle,
      client: this.#modes.read(scene.mode, handle, scene.includeUsage),
      askedAt: world.now,
      startedAt: null,
      players: [],
      endedAt: handle.log.ending === null ? null : world.now,
      leftAt: null,
      interruptedAt: null,
      blocked: false,
    };
    this.told.push(told);
    handle.log.follow(() => {
      if (handle.log.ending !== null) told.endedAt ??= world.now;
    });
    for (const deed of scene.client) {
      world.clock.schedule(deed.afterMs, () => {
        if (deed.do === 'leave') {
          if (!told.client.socket.over) told.leftAt = world.now;
          told.client.socket.leave();
        } else if (deed.do === 'block') {
          told.blocked = true;
          told.client.socket.block(deed.roomBytes);
        } else told.client.socket.read();
      });
    }
    return told;
  }

  async #rest(): Promise<void> {
    const { world } = this;
    const over = (): boolean => this.told.every(({ endedAt, client }) => endedAt !== null && client.socket.over);
    if (over()) return;
    await world.until(over, 2 * limits.totalMs);
  }

  async play(): Promise<Evening> {
    const { world, session } = this;
    // Without bad starts the session begins when all are well.
    if (session.processes.length === 0) await world.risen();
    const begunAt = world.now;
    const scenes = session.scenes.toSorted((a, b) => a.askMs - b.askMs);
    for (const scene of scenes) {
      await world.advance(Math.max(0, begunAt + scene.askMs - world.now));
      this.ask(scene);
    }
    await this.#rest();
    const deaths = world.processes.all.filter(({ exit }) => exit !== null).length;
    const told = [...this.told];
    // Where nothing has happened to a process, some samples will do.
    const curious = deaths > 0 || session.processes.length > 0 || session.seed % 8 === 0;
    const probe = curious ? await this.#probe() : undefined;
    const leftovers = await world.end();
    return { session, told, serving: (one) => this.serving(one), deaths, probe, leftovers };
  }

  /** A request that comes when all is over; null: there was no worker for it. */
  async #probe(): Promise<Told | null> {
    const { world } = this;
    // A process that is dying is noticed first.
    await world.advance(500);
    if (!(await world.until(() => world.node.health().ready, 120_000))) return null;
    const probe = this.ask(probeScene);
    await this.#rest();
    return probe;
  }
}

export const play = async (session: Session, options: Partial<WorldOptions> = {}): Promise<Evening> =>
  new Stage(session, options).play();
