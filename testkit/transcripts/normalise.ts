/**
 * A transcript without what is different each time: ids, instants, durations. Pure. Invariants: the same id is the same word
 * everywhere in a text, different ids are different words; what is normalised already stays as it is.
 */

const ids =
  /\b(resp|msg|rs|fc|ctc|ws|chatcmpl|call|req)((?:_[a-z]+)?)[_-]([0-9a-f]{32})\b|\b(resp|msg|rs|fc|ctc|ws|chatcmpl|call|req)((?:_[a-z]+)?)[_-]([0-9a-f]{32})(?=_\d)/g;
const instants = /("(?:created|created_at|completed_at|captured_at)":)\d+(?:\.\d+)?/g;
const durations = /("(?:time_to_first_token|throughput_after_first_token|\w+_ms)":)(?:\d+(?:\.\d+)?|null)/g;

export function normalised(text: string): string {
  const numbers = new Map<string, number>();
  const numberOf = (id: string): number => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return number;
  };
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(ids, (_, ...parts: (string | undefined)[]) => {
      const [kind, more = '', id] = parts[0] === undefined ? parts.slice(3) : parts;
      return `${kind}${more}_#${numberOf(id ?? '')}`;
    })
    .replaceAll(instants, '$1"<instant>"')
    .replaceAll(durations, '$1"<duration>"')
    .replaceAll(/^: ?keep-?alive.*\n\n?/gim, '');
}
