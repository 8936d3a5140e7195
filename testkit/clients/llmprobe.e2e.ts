/**
 * `llmprobe --full` without its benchmark: every MUST assertion holds on each surface we have. What it could not test or only
 * warns of is listed here and explained in docs/conformance.md, so that neither a new gap nor a closed one goes unnoticed.
 */

import { expect, test } from 'vitest';
import { runTool } from './conformance-tool.ts';
import { model, stage } from './stage.ts';

const on = stage({ PROXY_PARAMS: 'lenient' });
const toolMs = 300_000;

interface Result {
  readonly id: string;
  readonly surface: string;
  readonly outcome: string;
}

interface Surface {
  readonly surface: string;
  readonly passed: number;
  readonly total: number;
}

interface Report {
  readonly incomplete?: unknown;
  readonly run: { readonly phases: { readonly conformance: { readonly status: string } } };
  readonly conformance: {
    readonly bySurface: readonly Surface[];
    readonly warnings: readonly { readonly id: string }[];
    readonly nits: readonly { readonly id: string }[];
    readonly results: readonly Result[];
  };
}

const ours = ['models', 'chat', 'responses'];

const exceptions = {
  'chat-logprobs': 'unsupported',
  'chat-reasoning-cap': 'inconclusive',
  'chat-rate-limit-headers': 'unsupported',
  'chat-assistant-prefill': 'inconclusive',
  'responses-reasoning-cap': 'inconclusive',
  'responses-reasoning-roundtrip': 'unsupported',
  'responses-rate-limit-headers': 'unsupported',
  'responses-background': 'unsupported',
  'responses-mcp-tools': 'unsupported',
};

test(
  'every MUST assertion',
  async () => {
    const args = [on.gateway.baseUrl, '-m', model, '--full', '--no-bench', '--no-save', '--json'];
    const { code, report } = await runTool(on.gateway, 'llmprobe/bin/dist/llmprobe.mjs', args);
    const { incomplete, run, conformance } = report as unknown as Report;
    expect({ incomplete, status: run.phases.conformance.status }).toEqual({ status: 'measured' });
    const tested = conformance.results.filter(({ surface }) => ours.includes(surface));
    const notPassed = tested.filter(({ outcome }) => outcome !== 'pass').map(({ id, outcome }) => [id, outcome]);
    expect(Object.fromEntries(notPassed)).toEqual(exceptions);
    expect(tested.length - notPassed.length).toBe(70);
    expect(conformance.bySurface.map(({ surface }) => surface)).toEqual(ours);
    for (const { passed, total } of conformance.bySurface) expect(passed).toBe(total);
    expect(conformance.warnings.map(({ id }) => id)).toEqual(['chat-cache-prefix-most', 'responses-cache-prefix-most']);
    expect(conformance.nits).toEqual([]);
    expect(code).toBe(0);
  },
  toolMs,
);
