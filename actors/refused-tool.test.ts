import { expect, test } from 'vitest';
import { refusedTool } from './refused-tool.ts';
import type { ClientTool } from './terms.ts';

const tools = new Map<string, ClientTool>([
  ['t0_exec_command', { kind: 'function_call', name: 'exec_command', schemaName: 'tools[0].parameters' }],
  ['sh', { kind: 'custom_tool_call', name: 'sh' }],
]);
const refused = (name: string) => ({
  code: 'bad_request' as const,
  message: `dynamic tool input schema is not supported for ${name}: invalid type: number`,
});

test('a refused schema is named as the client knows it', () => {
  expect(refusedTool(refused('t0_exec_command'), tools)).toEqual({
    code: 'bad_request',
    message: 'tools[0].parameters of the tool exec_command cannot be used: invalid type: number',
    param: 'tools[0].parameters',
  });
});

test('any other failure stays as it is', () => {
  for (const failure of [refused('sh'), refused('other'), { code: 'worker_busy' } as const]) {
    expect(refusedTool(failure, tools)).toBe(failure);
  }
});
