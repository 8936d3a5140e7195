/**
 * Label values, each out of a list that has an end. Invariants: nothing that a client writes becomes a label value; what comes
 * without a good key is counted under label sets that are there from the start.
 */

import { otherRoute, routeMethods } from '../routes.ts';

/** Names of models that get a label of their own, in the order in which they are first used; the others share one. */
export const modelLabelsMax = 20;
/** `other`, and `none` where no model was named. */
export const modelLabels = modelLabelsMax + 2;

export type HttpLabel = 'route' | 'method' | 'status_family' | 'model';
export type HttpLabels = Readonly<Record<HttpLabel, string>>;

export const families = ['2xx', '4xx', '5xx'] as const;
const otherMethod = 'OTHER';

/** Methods by route that are told apart. */
const methods: ReadonlyMap<string, readonly string[]> = new Map(
  [...routeMethods, [otherRoute, ['GET', 'HEAD', 'POST']] as const].map(([route, known]) => [
    route,
    [...known, 'OPTIONS', otherMethod],
  ]),
);

/** What there is without a model. */
export const methodSets: number = [...methods.values()].reduce((sum, known) => sum + known.length, 0);

export const familyOf = (status: number): (typeof families)[number] => {
  if (status < 400) return '2xx';
  return status < 500 ? '4xx' : '5xx';
};

export const methodOf = (route: string, method: string): string =>
  methods.get(route)?.includes(method) === true ? method : otherMethod;

const labelled = (route: string, method: string, status_family: string): HttpLabels => ({
  route,
  method,
  status_family,
  model: 'none',
});

const reachable = (known: readonly string[], method: string, route: string): readonly string[] => {
  if (method === 'OPTIONS') return ['2xx'];
  if (method === otherMethod) return route === otherRoute ? families : ['4xx'];
  // Without a key such routes refuse.
  if (known.includes('POST') || known.includes('DELETE')) return ['4xx'];
  return /^\/(?:health|ready|live)z$/.test(route) ? families : ['2xx', '4xx'];
};

/** What can come without a key. */
export const openSets: readonly HttpLabels[] = [...methods]
  .filter(([route]) => !route.startsWith('/__test/'))
  .flatMap(([route, known]) =>
    known.flatMap((method) => reachable(known, method, route).map((family) => labelled(route, method, family))),
  );

const open: ReadonlySet<string> = new Set(openSets.map((labels) => Object.values(labels).join(' ')));

const told = (route: string, method: string, status: number, authorized: boolean, model: string): HttpLabels => {
  const labels = { route, method: methodOf(route, method), status_family: familyOf(status), model };
  if (authorized || open.has(Object.values(labels).join(' '))) return labels;
  return labelled(otherRoute, otherMethod, labels.status_family);
};

/** Of most requests they are those of the request before: the same object, by which its numbers are found at once. */
export const labelsOfRequests = () => {
  let latest = { route: '', method: '', status: 0, authorized: false, model: '', labels: told('', '', 0, false, '') };
  return (route: string, method: string, status: number, authorized: boolean, model: string): HttpLabels => {
    const is = latest;
    const isSame = is.route === route && is.method === method && is.status === status && is.model === model;
    if (isSame && is.authorized === authorized) return is.labels;
    latest = { route, method, status, authorized, model, labels: told(route, method, status, authorized, model) };
    return latest.labels;
  };
};

/** `spelled`: what a model is called; null: there is none of that name. */
export const modelNames = (spelled: (id: string) => string | null) => {
  const known = new Set<string>();
  return (accepted: string | null, requested: string | null): string => {
    const asked = accepted ?? requested ?? '';
    if (asked === '') return 'none';
    const name = spelled(asked);
    if (name === null || (!known.has(name) && known.size >= modelLabelsMax)) return 'other';
    known.add(name);
    return name;
  };
};
