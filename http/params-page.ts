/** The parameter table as Markdown, for `docs/api.md`: made from the rows that enforce it. */

import { RequestError } from './request-error.ts';
import { paramNotes } from './requests/param-notes.ts';
import { aliasesOf, type Param, type ParamClass, params } from './requests/params.ts';

const classes: Readonly<Record<ParamClass, string>> = {
  H: 'honoured',
  M: 'mapped',
  E: 'no effect',
  T: 'tolerated',
  N: 'neutral only',
};

/** No field takes this, so a reader that checks anything says what it wants instead. */
const taken = -1_000_000.5;

function accepts(param: Param): string {
  try {
    param.read(taken, 'it');
    return '';
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return /\b(?:must be|is) (?<what>.+?)\.?$/.exec(error.message)?.groups?.['what'] ?? error.message;
  }
}

const code = (name: string): string => `\`${name}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

function paramsTable(): string {
  const rows = [...params].map(([name, param]) => {
    const names = [name, ...aliasesOf(name)].map(code).join(', ');
    const remedies = { T: ` Asks for nothing: ${param.otherwise}.`, N: ` Instead, ${param.otherwise}.` };
    const remedy = param.class === 'T' || param.class === 'N' ? remedies[param.class] : '';
    const cells = [names, classes[param.class], accepts(param), `${paramNotes[name] ?? ''}${remedy}`];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  return ['| field | class | accepts | what becomes of it |', '|---|---|---|---|', ...rows].join('\n');
}

const region = /<!-- fields -->[\s\S]*<!-- end of fields -->/;

/** The page with the table as it is now. */
export const withParamsTable = (page: string): string =>
  page.replace(region, () => `<!-- fields -->\n\n${paramsTable()}\n\n<!-- end of fields -->`);
