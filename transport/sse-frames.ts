/** Server-Sent Events as they were written, taken apart: frames with the time at which each began. */

export interface Piece {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface SseFrame {
  readonly at: number;
  /** Null: it has no name. */
  readonly event: string | null;
  readonly data: string;
}

const readFrame = (text: string, at: number): SseFrame | null => {
  let event: string | null = null;
  const data: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return data.length === 0 ? null : { at, event, data: data.join('\n') };
};

/** Comments are left out. What has no end is a frame, too: its data was cut. */
export function* sseFrames(pieces: readonly Piece[]): Generator<SseFrame> {
  const decoder = new TextDecoder();
  let rest = '';
  let restAt: number | null = null;
  for (const { at, bytes } of pieces) {
    restAt ??= at;
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const [index, part] of parts.entries()) {
      const frame = readFrame(part, index === 0 ? restAt : at);
      if (frame !== null) yield frame;
    }
    restAt = rest === '' ? null : parts.length === 0 ? restAt : at;
  }
  const last = readFrame(rest + decoder.decode(), restAt ?? 0);
  if (last !== null) yield last;
}
