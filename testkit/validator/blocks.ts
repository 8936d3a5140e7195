/**
 * Rule 1 of the stream contract: the bytes themselves. UTF-8 without BOM, LF only; a block is one comment line or
 * exactly `event:` + `data:` (chat: `data:` alone); `data: [DONE]` once and last; the stream ends with a blank line.
 * Also the two limits of framing: the largest frame (rule 8) and frames never cut across writes.
 */
import { demand } from './violation.ts';

export interface Block {
  /** null on chat streams, which have no event lines. */
  readonly event: string | null;
  readonly data: string;
}

export interface Blocks {
  readonly frames: readonly Block[];
  readonly comments: readonly string[];
}

export interface BlockOptions {
  readonly eventLines: boolean;
  readonly frameBytesMax?: number;
}

/** A terminal frame repeats the answer (16 MiB at most) and the echo of the request (16 MiB at most). */
export const frameBytesMaxDefault = 40 * 1024 * 1024;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

function decode(bytes: Uint8Array): string {
  demand(!bytes.includes(carriageReturn), 1, null, `carriage return at byte ${bytes.indexOf(carriageReturn)}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    demand(false, 1, null, 'bytes are not UTF-8');
  }
  demand(!text.startsWith('\uFEFF'), 1, null, 'stream starts with a byte order mark');
  return text;
}

/** @throws StreamViolation rule 1, or rule 8 for a frame above `frameBytesMax` bytes. */
export function blocks(bytes: Uint8Array, options: BlockOptions): Blocks {
  const text = decode(bytes);
  demand(text !== '', 1, null, 'empty stream');
  demand(text.endsWith('\n\n'), 1, null, 'stream does not end with a blank line (truncated?)');
  const frames: Block[] = [];
  const comments: string[] = [];
  let done = false;
  for (const block of text.slice(0, -2).split('\n\n')) {
    const at = frames.length;
    demand(!done, 1, at, `block after [DONE]: ${JSON.stringify(block.slice(0, 60))}`);
    frameWithinLimit(block, options.frameBytesMax ?? frameBytesMaxDefault, at);
    const lines = block.split('\n');
    demand(!lines.includes(''), 1, at, 'more than one blank line between blocks');
    if (block.startsWith(':')) {
      demand(lines.length === 1, 1, at, 'a comment block is one comment line');
      comments.push(block.slice(1).trimStart());
    } else if (block === 'data: [DONE]') done = true;
    else frames.push(options.eventLines ? named(lines, at) : unnamed(lines, at));
  }
  demand(done, 1, null, 'stream does not end with data: [DONE]');
  return { frames, comments };
}

function frameWithinLimit(block: string, bytesMax: number, at: number): void {
  const byteCount = Buffer.byteLength(block) + 2;
  demand(byteCount <= bytesMax, 8, at, `frame of ${byteCount} bytes is over the maximum of ${bytesMax}`);
}

function named(lines: readonly string[], at: number): Block {
  demand(lines.length === 2, 1, at, `a block is exactly event: and data:, got ${shown(lines)}`);
  return { event: field(lines[0], 'event', at), data: field(lines[1], 'data', at) };
}

function unnamed(lines: readonly string[], at: number): Block {
  demand(lines.length === 1, 1, at, `a chat block is exactly one data: line, got ${shown(lines)}`);
  return { event: null, data: field(lines[0], 'data', at) };
}

function field(line: string | undefined, name: string, at: number): string {
  const prefix = `${name}: `;
  demand(line?.startsWith(prefix) === true, 1, at, `expected "${prefix}", got ${shown([line ?? ''])}`);
  const value = line?.slice(prefix.length) ?? '';
  demand(value !== '' && value.trim() === value, 1, at, `exactly one space belongs after "${name}:"`);
  return value;
}

function shown(lines: readonly string[]): string {
  return JSON.stringify(lines.map((line) => line.slice(0, 40)));
}

/** Several complete frames may share a write; a frame is never cut across writes. @throws StreamViolation rule 1 */
export function assertWholeWrites(writes: readonly Uint8Array[]): void {
  for (const [at, write] of writes.entries()) {
    const whole = write.at(-1) === lineFeed && write.at(-2) === lineFeed;
    demand(whole, 1, null, `write ${at} of ${writes.length} cuts a frame`);
  }
}
