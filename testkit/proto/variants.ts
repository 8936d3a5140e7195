/**
 * What the fake of `codex proto` says to its one line of input, by variant. Pure: a list of steps, made from the environment.
 * The names are those that the predecessor's users start: `fake-codex-proto.js` is `default`, `fake-codex-proto-hang.js` is
 * `hang`, and so on. `script` says what `FAKE_CODEX_PROTO_SCRIPT` lists, or else what the last message of the user does.
 */

export type Step =
  | { readonly event: object }
  /** As it is: for lines that are no events, and for ends of lines. */
  | { readonly raw: string }
  | { readonly stderr: string }
  | { readonly waitMs: number }
  /** Until the file is there, one more of these events each time. */
  | {
      readonly until: string;
      readonly times: number;
      readonly everyMs: number;
      readonly event: (index: number) => object;
    }
  | { readonly exit: number };

export type Env = Readonly<Record<string, string | undefined>>;

export const greeting = 'Hello from fake-codex.';
export const toolText =
  'Before <use_tool>\n  <name>web.search</name>\n  <path>notes.md</path>\n  <query>codex</query>\n</use_tool> AFTER_TOOL_TEXT';

const of = (type: string, rest: object = {}): Step => ({ event: { id: '1', msg: { type, ...rest } } });
const delta = (text: string): Step => of('agent_message_delta', { delta: text });
const message = (text: string): Step => of('agent_message', { message: text });
const started = of('task_started');
const done = of('task_complete');

const whole = (env: Env, name: string, otherwise: number): number => {
  const value = Number(env[name] ?? '');
  return Number.isInteger(value) && value > 0 ? value : otherwise;
};

/** With the reason that the environment names, and its flag. */
const counted = (env: Env, prompt: number, completion: number): Step => {
  const reason = env['FAKE_CODEX_FINISH_REASON'];
  return of('token_count', {
    prompt_tokens: prompt,
    completion_tokens: completion,
    ...(reason === undefined || reason === '' ? {} : { finish_reason: reason }),
    ...(reason === 'length' ? { token_limit_reached: true } : {}),
  });
};

const greeted: readonly Step[] = [delta('Hello from '), delta('fake-codex.'), message(greeting)];
const tokens = (text: string): number => Math.ceil(text.length / 4);

const long = (env: Env): readonly Step[] => {
  const everyMs = whole(env, 'FAKE_CODEX_STREAM_INTERVAL_MS', 100);
  const tick = (index: number): object => ({ id: '1', msg: { type: 'agent_message_delta', delta: `tick-${index} ` } });
  const file = env['STREAM_RELEASE_FILE'];
  const ticks: readonly Step[] =
    file === undefined || file === ''
      ? Array.from({ length: whole(env, 'FAKE_CODEX_STREAM_TICKS', 50) }, (_, index) => [
          { event: tick(index) },
          { waitMs: everyMs },
        ]).flat()
      : [{ until: file, times: whole(env, 'FAKE_CODEX_STREAM_RELEASE_MAX_TICKS', 10_000), everyMs, event: tick }];
  return [started, ...ticks, counted(env, 8, 50), done];
};

const line = (step: Step): string => ('event' in step && !('until' in step) ? JSON.stringify(step.event) : '');

/** Two events in one chunk, then one over many, with the ends of lines that Windows has. */
const chunks = (env: Env): readonly Step[] => {
  const [first, second, third] = greeted.map((step) => `${line(step)}\r\n`) as [string, string, string];
  const pieces = `${third}${line(counted(env, 8, 6))}\r\n${line(done)}`.match(/.{1,7}/gsu) ?? [];
  return [{ raw: first + second }, ...pieces.flatMap((raw): readonly Step[] => [{ raw }, { waitMs: 1 }]), { exit: 0 }];
};

const script = (env: Env, prompt: string): readonly Step[] => {
  const text = env['FAKE_CODEX_PROTO_SCRIPT'] || prompt.slice(prompt.lastIndexOf('[user] ') + '[user] '.length);
  return (JSON.parse(text) as readonly (object | string)[]).map((one) =>
    typeof one === 'string' ? { raw: one } : 'type' in one ? { event: { id: '1', msg: one } } : (one as Step),
  );
};

const variants: Readonly<Record<string, (env: Env, prompt: string) => readonly Step[]>> = {
  default: (env) => [
    started,
    of('agent_reasoning_delta', { delta: 'THINKING' }),
    ...greeted,
    counted(env, 8, tokens(greeting)),
    done,
  ],
  hang: () => [],
  'stream-hang': () => [started, delta('Hello ')],
  'no-complete': (env) => [message(greeting), counted(env, 8, tokens(greeting)), { exit: 0 }],
  'token-count-only': (env) => [message(greeting), counted(env, 11, 7), { exit: 0 }],
  'provider-usage': () => [message(greeting), of('usage', { prompt_tokens: 9, completion_tokens: 5 }), done],
  tools: (env) => [started, delta(toolText), counted(env, 8, tokens(toolText)), done],
  long,
  chunks,
  script,
  exit: () => [{ stderr: 'Error: something is wrong here\n' }, { exit: 3 }],
  text: () => [
    { raw: '\u001B[32mHello\u001B[0m from plain text.\n\nSecond \u001B[1mparagraph\u001B[0m.\n' },
    { exit: 0 },
  ],
};

export const isVariant = (name: string): boolean => Object.hasOwn(variants, name);

/** What it says to that text. */
export const stepsOf = (variant: string, env: Env, prompt: string): readonly Step[] =>
  isVariant(variant) ? (variants[variant]?.(env, prompt) ?? []) : [];

/** By an option, by the environment, or by the name under which it was started. */
export const variantOf = (path: string, args: readonly string[], env: Env): string => {
  const option = args.indexOf('--variant');
  const named = /fake-codex-proto-([\w-]+)\.[cm]?[jt]s$/u.exec(path)?.[1];
  return (option < 0 ? undefined : args[option + 1]) ?? named ?? (env['FAKE_CODEX_PROTO'] || 'default');
};
