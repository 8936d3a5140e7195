/** `compatcanary scan --profile modern`: every probe passes. */

import { expect, test } from 'vitest';
import { runTool } from './conformance-tool.ts';
import { model, stage } from './stage.ts';

const on = stage({ PROXY_PARAMS: 'lenient' });

const probes = [
  'models.list',
  'chat.basic',
  'chat.streaming',
  'chat.tool_call',
  'chat.structured_output',
  'responses.basic',
  'responses.streaming',
];

test('100 of 100', async () => {
  const { gateway } = on;
  const args = ['scan', '--base-url', gateway.baseUrl, '--model', model, '--profile', 'modern', '--format', 'json'];
  const { code, report } = await runTool(gateway, 'compatcanary/src/cli.js', args);
  expect(report).toMatchObject({
    score: 100,
    compatible: true,
    results: probes.map((id) => ({ id, status: 'pass' })),
  });
  expect(code).toBe(0);
});
