import { expect, test } from 'vitest';
import { rulesToRestore } from './firewall.ts';

const filter = '*filter\n:INPUT ACCEPT [1:2]\n:FORWARD ACCEPT [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n';
const dockers =
  '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A DOCKER -j RETURN\nCOMMIT\n';

test('tables that were there get their rules back', () => {
  expect(rulesToRestore(filter, dockers)).toContain(filter);
});

test('tables that were not there are emptied, chains of others included', () => {
  const text = rulesToRestore('', dockers);
  expect(text).toContain('*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n');
  expect(text).toContain('*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n');
  expect(text).not.toContain('DOCKER');
});

test('nothing changed, nothing to do', () => {
  expect(rulesToRestore('', '')).toBe('');
});
