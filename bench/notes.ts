/** `docs/benchmarks/notes.md`: why a target is missed, by its key, and written by hand. Pure. */

/** `## key`, then text until the next one. What stands before the first is for who writes the notes. */
export function readNotes(text: string): ReadonlyMap<string, string> {
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [key = '', ...lines] = section.split('\n');
      return [key.trim(), lines.join('\n').trim()] as const;
    }),
  );
}
