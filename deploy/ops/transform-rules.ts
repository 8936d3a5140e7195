/**
 * The response header rules of a Cloudflare zone that are ours, as data: filled in from a template, changed, compared. Pure.
 * Invariants: a value that is filled in cannot end the string it stands in; a wildcard never goes with credentials.
 */

import { Refusal } from './refusal.ts';

export interface HeaderChange {
  readonly operation: string;
  readonly value?: string;
  readonly expression?: string;
}

export interface Rule {
  readonly ref: string;
  readonly description: string;
  readonly expression: string;
  readonly action: string;
  readonly action_parameters: { readonly headers: Readonly<Record<string, HeaderChange>> };
  readonly enabled: boolean;
}

export interface Template {
  readonly zone: string;
  readonly phase: string;
  readonly rules: readonly Rule[];
}

const appOrigins = ['app://obsidian.md', 'capacitor://localhost', 'http://localhost', 'https://localhost'];
const anOrigin = /^[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/@,"\\]{1,255}$/i;
const aHost = /^(?=.{1,253}$)([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/i;
const aToken = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

export type Values = Readonly<Record<string, string>>;

/** For an expression: each in quotes. */
export function originSet(list: string): string {
  const given = list
    .split(',')
    .map((origin) => origin.trim().replace(/\/$/, ''))
    .filter((origin) => origin !== '');
  for (const origin of given)
    if (!anOrigin.test(origin)) throw new Refusal('ALLOWED_ORIGINS: expected origins (scheme://host[:port]), no *');
  return [...new Set([...appOrigins, ...given])].map((origin) => `"${origin}"`).join(' ');
}

/** `text` is JSON with places such as {{DOMAIN}}; every one of them must be known, and look like a host name. */
export function render(text: string, hosts: Values, origins: string): Template {
  const set = originSet(origins);
  const fill = (_: string, value: unknown): unknown =>
    typeof value !== 'string'
      ? value
      : value.replace(/\{\{(\w+)\}\}/g, (_place, name: string) => {
          if (name === 'ORIGINS') return set;
          const host = hosts[name] ?? '';
          if (!aHost.test(host)) throw new Refusal(`${name}: expected a host name, as api.example.com`);
          return host.toLowerCase();
        });
  return JSON.parse(text, fill) as Template;
}

const headersOf = (rule: Rule): Record<string, HeaderChange> => ({ ...rule.action_parameters.headers });
const withHeaders = (rule: Rule, headers: Readonly<Record<string, HeaderChange>>): Rule => ({
  ...rule,
  action_parameters: { headers },
});
const set = (value: string): HeaderChange => ({ operation: 'set', value });
const listOf = (change: HeaderChange | undefined): readonly string[] =>
  (change?.value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
const allowHeaders = 'Access-Control-Allow-Headers';

function token(name: string): string {
  if (!aToken.test(name)) throw new Refusal(`${JSON.stringify(name)} is no name of a header`);
  return name;
}

/** What the commands of the playbook do to the rule about CORS. */
export const edits: Readonly<Record<string, (rule: Rule, argument: string) => Rule>> = {
  'add-header': (rule, name) => {
    const headers = headersOf(rule);
    const others = listOf(headers[allowHeaders]).filter((one) => one.toLowerCase() !== name.toLowerCase());
    return withHeaders(rule, { ...headers, [allowHeaders]: set([...others, token(name)].join(', ')) });
  },
  'remove-header': (rule, name) => {
    const headers = headersOf(rule);
    const others = listOf(headers[allowHeaders]).filter((one) => one.toLowerCase() !== token(name).toLowerCase());
    return withHeaders(rule, { ...headers, [allowHeaders]: set(others.join(', ')) });
  },
  'set-acao': (rule, origin) => {
    const { 'Access-Control-Allow-Credentials': _credentials, ...headers } = headersOf(rule);
    const acao = 'Access-Control-Allow-Origin';
    // Every origin with credentials would let any page use what a browser holds.
    if (origin === '*') return withHeaders(rule, { ...headers, [acao]: set('*') });
    const credentials = { 'Access-Control-Allow-Credentials': set('true') };
    if (origin === 'dynamic') {
      const echo = { operation: 'set', expression: 'http.request.headers["origin"][0]' };
      return withHeaders(rule, { ...headers, ...credentials, [acao]: echo });
    }
    if (!anOrigin.test(origin)) throw new Refusal('expected an origin (scheme://host[:port]), dynamic or *');
    return withHeaders(rule, { ...headers, ...credentials, [acao]: set(origin) });
  },
  'set-methods': (rule, list) => {
    const methods = list.split(',').map((method) => method.trim().toUpperCase());
    if (!methods.every((method) => /^[A-Z]{3,16}$/.test(method)))
      throw new Refusal('expected methods, as GET,POST,OPTIONS');
    return withHeaders(rule, { ...headersOf(rule), 'Access-Control-Allow-Methods': set(methods.join(', ')) });
  },
  'set-max-age': (rule, seconds) => {
    if (!/^\d{1,5}$/.test(seconds) || Number(seconds) > 86_400) throw new Refusal('expected seconds, at most 86400');
    return withHeaders(rule, { ...headersOf(rule), 'Access-Control-Max-Age': set(String(Number(seconds))) });
  },
};

const said = (change: HeaderChange | undefined): string => {
  if (change === undefined) return 'absent';
  const { operation, value = change.expression ?? '' } = change;
  return operation === 'set' ? JSON.stringify(value) : `${operation} ${JSON.stringify(value)}`;
};

/** A line for each thing in which what is there is not what is wanted. */
export function differences(there: Rule | null, wanted: Rule): readonly string[] {
  const about = wanted.description;
  if (there === null) return [`${about}: is not there`];
  const found: string[] = [];
  if (there.enabled === false) found.push(`${about}: is switched off`);
  if (there.expression !== wanted.expression) found.push(`${about}: applies to ${there.expression}`);
  const [is, should] = [headersOf(there), headersOf(wanted)];
  for (const name of new Set([...Object.keys(should), ...Object.keys(is)]))
    if (said(is[name]) !== said(should[name]))
      found.push(`${about}: ${name} is ${said(is[name])}, expected ${said(should[name])}`);
  return found;
}
