/**
 * The calls of the shim, structured and as `<use_tool>` text. Invariant: the id of a call occurs once in all processes of
 * a gateway, because a conversation may go on with another one.
 */
import type { Step } from './script.ts';
import type { ShimTurns } from './shim-settings.ts';

export interface ShimCall {
  readonly name: string;
  readonly arguments: string;
}

const names = ['lookup_user', 'send_email'] as const;

/** Alternating names, as many as asked for. */
export const callsOf = (count: number, argument: string, first = 0): readonly ShimCall[] =>
  Array.from({ length: count }, (_, index) => ({
    name: names[(first + index) % names.length] ?? names[0],
    arguments: argument,
  }));

export const callSteps = (calls: readonly ShimCall[], threadKey: string): readonly Step[] =>
  calls.map((call, index) => ({ do: 'call', ...call, callId: `call_fake_${threadKey.replaceAll('-', '')}_${index}` }));

const block = (id: string): string => `<use_tool>\n  <name>lookup_user</name>\n  <id>${id}</id>\n</use_tool>`;

/** More than one byte a character, so that a cut anywhere is worth something. */
export const textualBlock = block('ユーザー-12345');

/** What a model would write beside its structured calls. */
export const blockOf = (argument: string): string =>
  block(argument.replaceAll(/["{}]/g, '').split(':').at(-1)?.trim() || '42');

/** A text with a block, as the settings cut it. */
export function blockDeltas(text: string, { truncateXml, xmlChunkBytes }: ShimTurns): readonly string[] {
  const closing = text.indexOf('</use_tool>');
  const whole = truncateXml && closing >= 0 ? text.slice(0, closing + 4) : text;
  return xmlChunkBytes === 0 ? [whole] : byteChunks(whole, xmlChunkBytes);
}

/** Chunks of at most so many bytes; a character stays in one piece, and is a chunk of its own when it is longer. */
export function byteChunks(text: string, bytesMax: number): readonly string[] {
  const chunks: string[] = [];
  let bytes = 0;
  for (const character of text) {
    const more = Buffer.byteLength(character);
    if (chunks.length === 0 || bytes + more > bytesMax) {
      chunks.push(character);
      bytes = more;
    } else {
      chunks[chunks.length - 1] += character;
      bytes += more;
    }
  }
  return chunks;
}
