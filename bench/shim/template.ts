/**
 * Lines with holes, made from lines that the fake `codex app-server` wrote. Invariant: filled with the values that were cut
 * out, a template is the text that it was made from.
 */

/** What differs between two turns. `text` is the inside of a JSON string. */
export interface Values {
  readonly id: string;
  readonly thread: string;
  readonly turn: string;
  readonly item: string;
  readonly echo: string;
  readonly text: string;
  readonly ms: string;
  readonly seconds: string;
}

export type Template = (values: Values) => string;

const names = ['id', 'thread', 'turn', 'item', 'echo', 'text', 'ms', 'seconds'] as const;

/** `cut`: what stands in `source` for each value; an empty one does not occur. */
export function templateOf(source: string, cut: Values): Template {
  type Piece = string | { readonly hole: keyof Values };
  let pieces: readonly Piece[] = [source];
  for (const name of names) {
    const value = cut[name];
    if (value === '' || value === '""') continue;
    pieces = pieces.flatMap((piece): readonly Piece[] =>
      typeof piece === 'string'
        ? piece.split(value).flatMap((part, index) => (index === 0 ? [part] : [{ hole: name }, part]))
        : [piece],
    );
  }
  const kept = pieces.filter((piece) => piece !== '');
  return (values) => {
    let filled = '';
    for (const piece of kept) filled += typeof piece === 'string' ? piece : values[piece.hole];
    return filled;
  };
}
