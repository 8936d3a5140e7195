/** What ships for Prometheus and Grafana speaks of series and labels that there are. */

import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ToolBufferCounts } from '../../actors/tool-buffer.ts';
import { readyHealth } from '../../testkit/fake-service.ts';
import { createMetrics } from '../metrics.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../../deploy/observability/${name}`, import.meta.url), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Query {
  readonly expr: string;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly Query[];
}

const rules: readonly Rule[] = parse(file('alerts.yml')).groups.flatMap((group: { rules: Rule[] }) => group.rules);
const dashboard = JSON.parse(file('grafana-dashboard.json'));
const panels: readonly Panel[] = dashboard.panels;
const tests = parse(file('alerts.test.yml')).tests as readonly {
  name: string;
  input_series: readonly { series: string }[];
}[];

const metrics = createMetrics({
  watch: () => () => {},
  spelled: () => null,
  capacity: { turnsMax: 1, queueMax: 1, streamsMax: 1 },
  now: Date.now,
  ofProcess: true,
});
afterAll(() => metrics.stop());
const page = await metrics.page({
  health: readyHealth,
  streams: 0,
  connections: { open: 0, refused: 0 },
  lag: { blocked: 0, bytes: 0, bytesMax: 0 },
  maintenance: false,
  toolBuffer: new ToolBufferCounts(() => 0),
  anomalies: {},
  account: null,
});

/** By its name in a query: the labels that it may have there. */
const known = new Map<string, readonly string[]>([
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate']],
]);
const labelsOf = new Map(metrics.described.map(({ name, labelNames }) => [name, labelNames]));
for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\w+)$/gm)) {
  const labels = labelsOf.get(name) ?? [];
  if (type !== 'histogram') known.set(name, type === 'summary' ? [...labels, 'quantile'] : labels);
  if (type === 'histogram') known.set(`${name}_bucket`, [...labels, 'le']);
  if (type === 'histogram' || type === 'summary')
    for (const part of ['sum', 'count']) known.set(`${name}_${part}`, labels);
}
const scraped = ['job', 'instance'];

/** What a query says that is not so. */
function faults(expr: string): readonly string[] {
  const found: string[] = [];
  for (const [, name = '', matchers = ''] of expr.matchAll(
    /\b((?:codex|process|nodejs)_\w+|up\b|ALERTS\b)(?:\{([^}]*)\})?/g,
  )) {
    const labels = known.get(name);
    if (labels === undefined) found.push(`no series ${name}`);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g))
      if (labels !== undefined && ![...labels, ...scraped].includes(label)) found.push(`no label ${label} of ${name}`);
  }
  // Every series of one query is seen by its instance and job; what else it is grouped by, some series of it has.
  const all = [...expr.matchAll(/\b((?:codex|process|nodejs)_\w+)/g)].flatMap(([, name = '']) => known.get(name) ?? []);
  for (const [, names = ''] of expr.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of names.split(/,\s*/)) if (![...all, ...scraped].includes(label)) found.push(`no label ${label}`);
  return found;
}

test('the check notices a series, a label and a grouping that there are not', () => {
  expect(faults('rate(codex_nothing_total[5m])')).toEqual(['no series codex_nothing_total']);
  expect(faults('codex_workers{phase="open"}')).toEqual(['no label phase of codex_workers']);
  expect(faults('sum by (le) (codex_workers_ready)')).toEqual(['no label le']);
  expect(faults('codex_http_latency_ms{le="50"}')).toEqual(['no series codex_http_latency_ms']);
});

test('every alert rule is of series and labels that there are, says what to do, and is tested', () => {
  expect(rules.length).toBeGreaterThan(15);
  for (const { alert, expr, labels, annotations } of rules) {
    expect(faults(expr), alert).toEqual([]);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.summary.length, alert).toBeGreaterThan(10);
    expect(annotations.description.length, alert).toBeGreaterThan(10);
    for (const [, label = ''] of JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g))
      expect(faults(`sum by (${label}) (${/codex_\w+/.exec(expr)?.[0]})`), alert).toEqual([]);
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(tests.map(({ name }) => name).filter((name) => name !== 'all is well')).toEqual(
    rules.map(({ alert }) => alert),
  );
});

test('the tests of the rules speak of series that there are, with label values that there can be', () => {
  for (const { name, input_series } of tests)
    for (const { series } of input_series) {
      expect(faults(series), name).toEqual([]);
      const [, of = '', label = '', value = ''] = /^(\w+)\{(\w+)="([^"]*)"/.exec(series) ?? [];
      // Of closed lists all values are on the page from the start.
      if (['reason', 'kind', 'recorder', 'code', 'state'].includes(label))
        expect(page, series).toContain(`${of}{${label}="${value}"} `);
    }
});

test('every panel of the dashboard asks for series and labels that there are, and none lies on another', () => {
  const asked = panels.flatMap(({ targets = [] }) => targets);
  expect(asked.length).toBeGreaterThan(40);
  for (const { expr } of asked) expect(faults(expr), expr).toEqual([]);
  const variables = dashboard.templating.list.flatMap((one: { definition?: string }) => one.definition ?? []);
  for (const definition of variables) expect(faults(definition)).toEqual([]);
  expect(faults(dashboard.annotations.list[0].expr)).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

test('every series that is the gateway’s own is on the dashboard, but for second names', () => {
  const text = JSON.stringify(dashboard);
  const missing = metrics.described.map(({ name }) => name).filter((name) => !text.includes(name));
  expect(missing).toEqual(['codex_worker_restarts_inc_total', 'codex_tool_buffer_anomaly']);
});
