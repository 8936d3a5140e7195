/** The notes of a version: its section of CHANGELOG.md, without its heading. */

const heading = /^## \[([^\]]+)\]/u;

/** `trial`: those of [Unreleased] where the version has none. */
export function notesOf(changelog: string, version: string, trial: boolean): string | undefined {
  const sections = new Map<string, string[]>();
  let lines: string[] | undefined;
  for (const line of changelog.split('\n')) {
    const name = heading.exec(line)?.[1];
    if (name !== undefined) sections.set(name, (lines = []));
    else if (/^\[[^\]]+\]: /u.test(line)) lines = undefined;
    else lines?.push(line);
  }
  const section = sections.get(version) ?? (trial ? sections.get('Unreleased') : undefined);
  const text = section?.join('\n').trim() ?? '';
  return text === '' ? undefined : `${text}\n`;
}
