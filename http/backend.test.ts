import { expect, test } from 'vitest';
import { backendHint, backendMode } from './backend.ts';

test('the variable alone decides', () => {
  expect([true, false].map((useAppServer) => backendMode({ useAppServer }))).toEqual(['app-server', 'proto']);
});

test.each([
  [true, undefined, null],
  [true, 'codex', null],
  [true, '/opt/protocol/codex', null],
  [true, '/app/scripts/fake-codex-proto.js', 'PROXY_USE_APP_SERVER=false'],
  [true, '/app/scripts/fake-codex-proto-tools.js', 'PROXY_USE_APP_SERVER=false'],
  [false, undefined, 'CODEX_BIN'],
  [false, 'codex', null],
  [false, '/app/scripts/fake-codex-proto.js', null],
  [false, '/app/scripts/fake-codex-jsonrpc.js', 'PROXY_USE_APP_SERVER=true'],
] as const)('app-server %s with %s: %s', (useAppServer, codexBin, variable) => {
  const hint = backendHint({ useAppServer, codexBin });
  if (variable === null) expect(hint).toBeNull();
  else expect(hint).toContain(variable);
});
