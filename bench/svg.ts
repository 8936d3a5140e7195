/**
 * Charts as SVG, readable on light and dark pages. Pure. Invariant: equal data give equal bytes; every number that is drawn is
 * also in a table beside the chart.
 */

import { shown } from './report.ts';
import type { Spread } from './statistics.ts';

const width = 760;
const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 14px; }
.soft { fill: #57606a; }
.bar { fill: #8c959f; }
.ours { fill: #0969da; }
.axis { stroke: #d0d7de; stroke-width: 1; fill: none; }
.range { stroke: #24292f; stroke-width: 1.5; }
.line { fill: none; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.soft { fill: #9198a1; }
.bar { fill: #656c76; }
.ours { fill: #4493f8; }
.axis { stroke: #3d444d; }
.range { stroke: #e6edf3; }
}
</style>`;
const colours = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#cf222e', '#57606a'];

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
/** One digit behind the point is a tenth of a pixel. */
const px = (value: number): string => String(Math.round(value * 10) / 10);
const text = (x: number, y: number, said: string, more = ''): string =>
  `<text x="${px(x)}" y="${px(y)}"${more}>${escaped(said)}</text>`;
const document = (height: number, title: string, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${escaped(title)}">`,
    style,
    text(12, 22, title, ' class="title"'),
    ...body,
    '</svg>',
    '',
  ].join('\n');

export interface Bar {
  readonly label: string;
  readonly spread: Spread;
  /** Drawn in the colour of the gateway. */
  readonly ours: boolean;
}

const barHeight = 20;
const barPitch = 30;
const barsLeft = 170;
const barsRight = 120;
const barsTop = 40;

export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ spread }) => Math.max(spread.max, 0)), Number.MIN_VALUE);
  const scale = (value: number): number => (Math.max(0, value) / most) * (width - barsLeft - barsRight);
  const body = bars.flatMap(({ label, spread, ours }, index) => {
    const y = barsTop + index * barPitch;
    const middle = y + barHeight / 2;
    return [
      text(barsLeft - 8, middle + 4, label, ' text-anchor="end"'),
      `<rect class="${ours ? 'ours' : 'bar'}" x="${barsLeft}" y="${px(y)}" width="${px(Math.max(1, scale(spread.median)))}" height="${barHeight}" rx="2"/>`,
      `<path class="range" d="M${px(barsLeft + scale(spread.min))} ${px(middle)}H${px(barsLeft + scale(spread.max))}"/>`,
      text(barsLeft + scale(spread.max) + 8, middle + 4, `${shown(spread.median)} ${unit}`.trimEnd()),
    ];
  });
  return document(barsTop + bars.length * barPitch + 8, title, body);
}

export interface Line {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const plot = { left: 64, right: 150, top: 40, bottom: 52, height: 280 };
const decades = (from: number, to: number): readonly number[] => {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
};

/** Both axes logarithmic: rates and times of several magnitudes. Points that are not above 0 are left out. */
export function lineChart(
  title: string,
  axes: { readonly x: string; readonly y: string },
  lines: readonly Line[],
): string {
  const drawn = lines.map((line) => ({ ...line, points: line.points.filter(([x, y]) => x > 0 && y > 0) }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return document(barsTop, title, []);
  const ticks = {
    x: decades(Math.min(...all.map(([x]) => x)), Math.max(...all.map(([x]) => x))),
    y: decades(Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y))),
  };
  const place = (value: number, of: readonly number[], length: number): number => {
    const [from, to] = [Math.log10(of[0] ?? 1), Math.log10(of.at(-1) ?? 10)];
    return ((Math.log10(value) - from) / Math.max(1, to - from)) * length;
  };
  const inner = { width: width - plot.left - plot.right, height: plot.height - plot.top - plot.bottom };
  const xAt = (value: number): number => plot.left + place(value, ticks.x, inner.width);
  const yAt = (value: number): number => plot.top + inner.height - place(value, ticks.y, inner.height);
  const body = [
    ...ticks.x.flatMap((tick) => [
      `<path class="axis" d="M${px(xAt(tick))} ${plot.top}V${px(plot.top + inner.height)}"/>`,
      text(xAt(tick), plot.top + inner.height + 16, shown(tick), ' class="soft" text-anchor="middle"'),
    ]),
    ...ticks.y.flatMap((tick) => [
      `<path class="axis" d="M${plot.left} ${px(yAt(tick))}H${px(plot.left + inner.width)}"/>`,
      text(plot.left - 6, yAt(tick) + 4, shown(tick), ' class="soft" text-anchor="end"'),
    ]),
    text(plot.left + inner.width / 2, plot.height - 14, axes.x, ' text-anchor="middle"'),
    text(
      16,
      plot.top + inner.height / 2,
      axes.y,
      ` text-anchor="middle" transform="rotate(-90 16 ${px(plot.top + inner.height / 2)})"`,
    ),
    ...drawn.flatMap(({ label, points }, index) => {
      const colour = colours[index % colours.length] ?? '';
      const path = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(xAt(x))} ${px(yAt(y))}`).join('');
      const legend = plot.top + 10 + index * 20;
      return [
        `<path class="line" stroke="${colour}" d="${path}"/>`,
        ...points.map(([x, y]) => `<circle fill="${colour}" cx="${px(xAt(x))}" cy="${px(yAt(y))}" r="3"/>`),
        `<path class="line" stroke="${colour}" d="M${px(width - plot.right + 12)} ${legend}h18"/>`,
        text(width - plot.right + 36, legend + 4, label),
      ];
    }),
  ];
  return document(plot.height, title, body);
}
