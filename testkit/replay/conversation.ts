/**
 * The conversation of a client that finds its tool calls in text, played again: each turn is asked as a stream and as a whole, with
 * what was answered before in the place of `$answer`. Invariant: whatever is wrong with an answer is told, none of its text.
 */

export interface Recording {
  readonly headers: Readonly<Record<string, string>>;
  readonly turns: readonly (readonly { readonly role: string; readonly content: string }[])[];
}

export interface Target {
  /** Up to `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
  readonly timeoutMs: number;
}

export interface Turn {
  readonly faults: readonly string[];
  readonly blocks: number;
  readonly characters: number;
}

interface Frame {
  readonly choices?: readonly {
    readonly delta?: { readonly role?: string; readonly content?: string | null };
    readonly message?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly error?: { readonly code?: string };
}

const count = (text: string, word: string): number => text.split(word).length - 1;

/** What is wrong with a stream, and the text that it adds up to. */
export function readStream(body: string): { readonly text: string; readonly faults: readonly string[] } {
  const data = body.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
  const frames = data.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Frame);
  const choices = frames.flatMap((frame) => frame.choices ?? []);
  const deltas = choices.map(({ delta }) => delta?.content ?? '');
  const text = deltas.join('');
  const ends = choices.flatMap(({ finish_reason: reason }, index) => ((reason ?? null) === null ? [] : [index]));
  const failed = frames.find(({ error }) => error !== undefined)?.error?.code;
  return {
    text,
    faults: [
      ...(failed === undefined ? [] : [`the stream failed: ${failed}`]),
      ...(choices[0]?.delta?.role === 'assistant' ? [] : ['the first frame has no role']),
      ...(ends.length === 1 ? [] : [`${ends.length} ends instead of one`]),
      ...(deltas.slice((ends[0] ?? deltas.length) + 1).join('') === '' ? [] : ['text behind the end']),
      ...(data.at(-1) === '[DONE]' ? [] : ['no [DONE]']),
      ...blockFaults(text),
      ...(deltas.some((delta) => count(delta, '<use_tool>') !== count(delta, '</use_tool>'))
        ? ['a tool block is torn over frames']
        : []),
    ],
  };
}

const blockFaults = (text: string): readonly string[] =>
  count(text, '<use_tool>') === count(text, '</use_tool>') ? [] : ['a tool block does not end'];

export async function playAgain(recording: Recording, target: Target): Promise<readonly Turn[]> {
  const messages: { role: string; content: string }[] = [];
  const turns: Turn[] = [];
  let answer = '';
  for (const added of recording.turns) {
    messages.push(...added.map(({ role, content }) => ({ role, content: content === '$answer' ? answer : content })));
    const ask = async (stream: boolean): Promise<{ status: number; body: string }> => {
      const answered = await fetch(`${target.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { ...recording.headers, authorization: `Bearer ${target.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: target.model, messages, stream }),
        signal: AbortSignal.timeout(target.timeoutMs),
      });
      return { status: answered.status, body: await answered.text() };
    };
    const streamed = await ask(true);
    const whole = await ask(false);
    const statuses = [streamed.status, whole.status].filter((status) => status !== 200);
    if (statuses.length > 0) {
      turns.push({ faults: [`status ${statuses.join(', ')}`], blocks: 0, characters: 0 });
      return turns;
    }
    const { text, faults } = readStream(streamed.body);
    const said = (JSON.parse(whole.body) as Frame).choices?.[0]?.message?.content ?? '';
    const alike = (said === '') === (text === '') ? [] : ['whole and stream disagree about whether there is text'];
    turns.push({
      faults: [...faults, ...blockFaults(said), ...alike],
      blocks: count(text, '</use_tool>'),
      characters: text.length,
    });
    answer = text;
  }
  return turns;
}
