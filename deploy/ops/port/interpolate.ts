/**
 * The variables of a compose file, as compose fills them in: `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:?why}`, `${A?why}`, `$$`, and
 * such within what stands behind the colon. For machines that have no compose. Invariant: a variable that is wanted and missing is
 * a failure that names it.
 */

import type { Environment } from '../environment.ts';
import { Failure } from '../refusal.ts';

const depthMax = 20;

/** The end of a `${` whose content begins at `from`: the index of its closing brace. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Failure(`a variable that is not closed: ${text.slice(from - 2, from + 40)}`);
}

function valueOf(expression: string, env: Environment, depth: number): string {
  const [whole, name = '', sign = ''] = /^([A-Za-z_]\w*)(:?[-?+])?/u.exec(expression) ?? [];
  if (whole === undefined || (sign === '' && whole !== expression))
    throw new Failure(`not a variable: \${${expression}}`);
  const rest = expression.slice(whole.length);
  const value = env[name];
  const there = value !== undefined && !(sign.startsWith(':') && value === '');
  if (sign.endsWith('+')) return there ? interpolate(rest, env, depth + 1) : '';
  if (there) return value;
  if (sign.endsWith('?'))
    throw new Failure(`${name}: ${rest === '' ? 'is wanted' : interpolate(rest, env, depth + 1)}`);
  return sign === '' ? '' : interpolate(rest, env, depth + 1);
}

export function interpolate(text: string, env: Environment, depth = 0): string {
  if (depth > depthMax) throw new Failure('variables within variables, too deep');
  let filled = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return filled + text.slice(at);
    filled += text.slice(at, dollar);
    const bare = /^[A-Za-z_]\w*/u.exec(text.slice(dollar + 1))?.[0];
    if (text[dollar + 1] === '$') {
      filled += '$';
      at = dollar + 2;
    } else if (text[dollar + 1] === '{') {
      const end = closing(text, dollar + 2);
      filled += valueOf(text.slice(dollar + 2, end), env, depth);
      at = end + 1;
    } else if (bare === undefined) throw new Failure(`a $ that begins no variable: ${text.slice(dollar, dollar + 40)}`);
    else {
      filled += env[bare] ?? '';
      at = dollar + 1 + bare.length;
    }
  }
  return filled;
}

/** In all values of a document; names stay as they are. */
export function interpolateAll(value: unknown, env: Environment): unknown {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((each) => interpolateAll(each, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, interpolateAll(each, env)]));
}
