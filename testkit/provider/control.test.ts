import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Provider } from './provider.ts';
import { startProvider } from './server.ts';

let provider: Provider;

beforeAll(async () => {
  provider = await startProvider({ control: true });
});

afterAll(() => provider.close());

async function control(method: string, path: string): Promise<unknown> {
  const response = await fetch(`${provider.origin}/control/${path}`, { method });
  return response.status === 200 ? response.json() : response.status;
}

describe('controls over HTTP', () => {
  test('a stream is paused and resumed by key', async () => {
    await control('POST', 'pause?key=a');
    const body = JSON.stringify({ model: 'test-empty', prompt_cache_key: 'a' });
    const answer = fetch(`${provider.baseUrl}/responses`, { method: 'POST', body }).then((response) => response.text());
    await provider.until((one) => one.stopped('a') === 1);
    expect(await control('GET', 'state')).toMatchObject({ activeStreams: 1, requests: [{}, { key: 'a' }, {}] });
    await control('POST', 'resume?key=a');
    expect(await answer).toContain('response.completed');
  });

  test('a released barrier stays open until the reset', async () => {
    await control('POST', 'release?key=gate');
    const ask = { model: 'demo', input: [{ role: 'user', content: '[[sc:empty hold=gate]]' }] };
    const send = () => fetch(`${provider.baseUrl}/responses`, { method: 'POST', body: JSON.stringify(ask) });
    expect(await (await send()).text()).toContain('response.completed');
    await control('POST', 'reset');
    const waiting = send();
    await provider.until((one) => one.waiting('gate') === 1);
    provider.release('gate');
    expect((await waiting).status).toBe(200);
  });

  test('a device code is approved', async () => {
    await fetch(`${provider.origin}/api/accounts/deviceauth/usercode`, { method: 'POST' });
    expect(await control('POST', 'approve?key=ABCD-9999')).toEqual({ decided: 0 });
    expect(await control('POST', 'approve')).toEqual({ decided: 1 });
    expect(await control('POST', 'deny')).toEqual({ decided: 0 });
  });

  test('other verbs do not exist, and none do without the option', async () => {
    expect(await control('POST', 'explode')).toBe(404);
    await using plain = await startProvider();
    expect((await fetch(`${plain.origin}/control/state`)).status).toBe(404);
  });
});
