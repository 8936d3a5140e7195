/**
 * The modes of the shim as scripts of turns. Invariant: a turn that continues behind the outputs of its calls answers in
 * text, so that an agent comes to an end; time and files are asked from the world when a step is due, never before.
 */
import type { ModelRequest } from '../provider/request.ts';
import { incomplete } from './sampling.ts';
import type { Script, Step } from './script.ts';
import { blockDeltas, blockOf, callSteps, callsOf, textualBlock } from './shim-calls.ts';
import type { ShimCall } from './shim-calls.ts';
import type { Finish, ShimTurns } from './shim-settings.ts';
import type { Usage } from './usage.ts';

export interface ShimWorld {
  /** The first delta of a stream is out. */
  ready(): void;
  /** Whether streams that began at that time have been released since. */
  released(sinceMs: number): boolean;
  nowMs(): number;
  /** True once in the life of a home: `crash` is over after the first one. */
  firstCrash(): boolean;
}

/** A script for a turn that selects none; `round` counts the groups of outputs behind the question. */
export type ShimPlay = (request: ModelRequest, round: number) => Script;

export const greeting = 'Hello from fake-codex.';

const usageOf = (input: number, output: number): Usage => ({ input, cached: 0, output, reasoning: 0 });
const counted = (text: string): Usage => usageOf(8, Math.ceil(text.length / 4));
const callUsage = usageOf(8, 16);

const said = (deltas: readonly string[], metadata?: { readonly [key: string]: string }): Step[] => [
  { do: 'open' },
  ...deltas.map((text): Step => ({ do: 'delta', text })),
  { do: 'close', ...(metadata === undefined ? {} : { metadata }) },
];
const words = (text: string): readonly string[] => text.split(/(?<=\s)/);

const completed = (usage: Usage): readonly Step[] => [
  { do: 'sampled', usage },
  { do: 'settle' },
  { do: 'complete', status: 'completed' },
];
function ended(finish: Finish, usage: Usage): readonly Step[] {
  if (finish === 'stop') return completed(usage);
  const reason = finish === 'length' ? 'max_output_tokens' : 'content_filter';
  const details = { incomplete_details: { reason } };
  return [...incomplete({ ...details, usage: { input_tokens: usage.input, output_tokens: usage.output } })];
}

const metadataOf = ({ metadata }: ShimTurns): { readonly [key: string]: string } | undefined =>
  metadata === 'none'
    ? undefined
    : {
        rollout_path: '/app/.codex-api/sessions/fake-rollout',
        session_id: 'fake-session-123',
        ...(metadata === 'extra' ? { build_id: 'fake-build' } : {}),
      };

function greet(settings: ShimTurns): readonly Step[] {
  const metadata = metadataOf(settings);
  const lines = Object.entries(metadata ?? {}).map(([key, value]) => `${key}: ${value}`);
  const text = [greeting, ...lines].join('\n');
  return [...said(words(text), metadata), ...ended(settings.finish, counted(text))];
}

function blocks(text: string, settings: ShimTurns, calls: readonly Step[] = []): readonly Step[] {
  const deltas = blockDeltas(text, settings);
  const open: Step[] = [{ do: 'open' }, ...deltas.map((delta): Step => ({ do: 'delta', text: delta }))];
  if (settings.abortAfterXml) return [...calls, ...open, { do: 'exit', code: settings.exitCode, signal: null }];
  if (calls.length === 0) return [...open, { do: 'close' }, ...completed(counted(deltas.join('')))];
  return [...calls, ...open, { do: 'close' }];
}

function call(wanted: readonly ShimCall[], settings: ShimTurns, threadKey: string, round: number): readonly Step[] {
  const steps = callSteps(wanted, threadKey);
  const calls = settings.parallel ? (round === 0 ? steps : []) : steps.slice(round, round + 1);
  if (calls.length === 0) return greet(settings);
  if (settings.exitAfterCall)
    return [...calls.slice(0, 1), { do: 'sampled', usage: callUsage }, { do: 'exit', code: 1, signal: null }];
  const all = settings.emitXml ? blocks(blockOf(settings.argument), settings, calls) : calls;
  return settings.skipFinish ? [...all, { do: 'hang' }] : [...all, ...completed(callUsage)];
}

function* ticking(settings: ShimTurns, world: ShimWorld): Generator<Step> {
  const sinceMs = world.nowMs();
  let text = '';
  yield { do: 'open' };
  for (let tick = 0; ; ) {
    const more = `tick-${tick} `;
    text += more;
    yield { do: 'delta', text: more };
    if (tick === 0) world.ready();
    tick += 1;
    if (tick >= settings.ticks || (settings.held && world.released(sinceMs))) break;
    yield { do: 'sleep', ms: settings.intervalMs };
  }
  yield { do: 'close' };
  yield* ended(settings.finish, counted(text));
}

function* hanging({ hangMs }: ShimTurns, world: ShimWorld): Generator<Step> {
  const text = 'Hello (pre-hang)';
  yield { do: 'open' };
  yield { do: 'delta', text };
  world.ready();
  yield { do: 'sleep', ms: hangMs };
  yield { do: 'close' };
  yield* completed(counted(text));
}

/** Which choice of its request a turn is: they come one after the other, and their inputs are the same. */
function createChoices(count: number): (request: ModelRequest) => number {
  const seen = new Map<string, number>();
  return ({ model, input }) => {
    const key = JSON.stringify([model, input]);
    const turns = seen.get(key) ?? 0;
    if (seen.size > 1000) seen.clear();
    seen.set(key, turns + 1);
    return turns % count;
  };
}

/** A turn of who is signed out, as the process itself says it. */
export const unauthorizedTurn: Script = {
  steps: [
    { do: 'error', error: { message: 'unauthorized', info: 'unauthorized' }, retry: false },
    { do: 'complete', status: 'failed', error: { message: 'unauthorized', info: 'unauthorized' } },
  ],
};

export function createShim(settings: ShimTurns, world: ShimWorld): ShimPlay {
  const { mode, argument } = settings;
  const choiceOf = createChoices(mode === 'multi_choice_tool' ? 2 : settings.choices);

  const steps = (request: ModelRequest, round: number): Iterable<Step> => {
    const calling = (wanted: readonly ShimCall[]): readonly Step[] => call(wanted, settings, request.threadKey, round);
    switch (mode) {
      case null:
        return greet(settings);
      case 'tool_call':
      case 'function_call':
        return calling(callsOf(mode === 'tool_call' ? settings.calls : 1, argument));
      case 'multi_tool_burst':
        return calling(callsOf(settings.burst, argument));
      case 'function_then_tool':
        return calling([...callsOf(1, argument), ...callsOf(settings.calls, argument, 1)]);
      case 'multi_choice_tool': {
        if (round > 0) return greet(settings);
        const choice = choiceOf(request);
        return calling(callsOf(1, `{"id":"${42 + choice}","choice":${choice}}`, choice));
      }
      case 'multi_choice_tool_call': {
        if (round > 0) return greet(settings);
        const choice = choiceOf(request);
        if (settings.callingChoices.includes(choice)) return calling(callsOf(1, argument));
        return [...said([`Choice ${choice}`]), ...completed(counted(`Choice ${choice}`))];
      }
      case 'textual_tool':
        return blocks(textualBlock, settings);
      case 'textual_tool_tail':
        return blocks(`${textualBlock} AFTER_TOOL_TEXT`, settings);
      case 'content_filter':
        return ended('content_filter', usageOf(8, 0));
      case 'truncation':
        return [...said(words('Hello (truncated) from fake-codex.')), ...ended('length', usageOf(5, 9))];
      case 'token_count_only': {
        const text = 'Token-count only stream response.';
        return [...said(words(text)), ...ended(settings.finish, counted(text))];
      }
      case 'provider_usage':
        // Without the running total of the thread, which otherwise follows.
        return [
          ...said(words(greeting)),
          { do: 'sampled', usage: counted(greeting) },
          { do: 'limits' },
          { do: 'complete', status: 'completed' },
        ];
      case 'stream_hang':
        return hanging(settings, world);
      case 'long_stream':
        return ticking(settings, world);
      case 'error':
        return [{ do: 'answer', refusal: { code: -32_603, message: 'synthetic worker error' } }, { do: 'vanish' }];
      case 'crash':
        return world.firstCrash() ? [{ do: 'exit', code: 1, signal: null }] : greet(settings);
    }
  };

  return (request, round) => {
    if (settings.hang) return { answer: 'scripted', steps: [{ do: 'hang' }] };
    return { steps: steps(request, round), ...(mode === 'error' ? { answer: 'scripted' } : {}) };
  };
}
