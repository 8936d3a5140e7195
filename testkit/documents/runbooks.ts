/** What a document may promise: npm scripts, files and sections that exist, and blocks that end. Pure but for looking files up. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Document {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

const fence = /^\s*(```|~~~)/;

/** As GitHub makes them of headings. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

/** Lines outside of blocks of code; a block that does not end has no line after it. */
function prose(text: string): { readonly lines: readonly (readonly [number, string])[]; readonly open: boolean } {
  let open = false;
  const lines = text.split('\n').flatMap((line, index): (readonly [number, string])[] => {
    if (fence.test(line)) {
      open = !open;
      return [];
    }
    return open ? [] : [[index + 1, line]];
  });
  return { lines, open };
}

const anchorsIn = (text: string): ReadonlySet<string> =>
  new Set(prose(text).lines.flatMap(([, line]) => (/^#+ /.test(line) ? [anchorOf(line.replace(/^#+ /, ''))] : [])));

function linkFault(root: string, from: Document, target: string): string | null {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from.path : join(dirname(from.path), decodeURIComponent(file));
  if (!existsSync(join(root, path))) return `there is no ${path}`;
  if (anchor === undefined || !path.endsWith('.md')) return null;
  const text = path === from.path ? from.text : readFileSync(join(root, path), 'utf8');
  return anchorsIn(text).has(anchor) ? null : `${path} has no section #${anchor}`;
}

/** Each as `path:line: what`. */
export function faultsIn(document: Document, root: string, scripts: ReadonlySet<string>): readonly string[] {
  const { path, text } = document;
  const { lines, open } = prose(text);
  const found = open ? [`${path}: a block of code does not end`] : [];
  for (const [index, line] of text.split('\n').entries())
    for (const [, name = ''] of line.matchAll(/npm run (?:-\S+ )*([a-z][\w:-]*)/g))
      if (!scripts.has(name)) found.push(`${path}:${index + 1}: there is no npm script ${name}`);
  for (const [number, line] of lines)
    for (const [, target = ''] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      const fault = /^[a-z]+:/i.test(target) ? null : linkFault(root, document, target);
      if (fault !== null) found.push(`${path}:${number}: ${fault}`);
    }
  return found;
}
