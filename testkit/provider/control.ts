// The provider's controls over HTTP, for a provider in its own process: `POST /control/<verb>?key=…`.
// Invariant: the same verbs with the same meaning as the in-process object; nothing more.

import type { LoginAnswer } from './login.ts';
import type { Provider } from './provider.ts';

export function answerControl(provider: Provider, method: string, url: URL): LoginAnswer | undefined {
  const key = url.searchParams.get('key') ?? '';
  const done = (body: Record<string, unknown> = {}): LoginAnswer => ({ status: 200, body });
  switch (`${method} ${url.pathname}`) {
    case 'POST /control/pause':
      provider.pause(key);
      return done();
    case 'POST /control/resume':
      provider.resume(key);
      return done();
    case 'POST /control/release':
      provider.release(key);
      return done();
    case 'POST /control/reset':
      provider.reset();
      return done();
    case 'POST /control/approve':
      return done({ decided: provider.login.approve(key === '' ? undefined : key) });
    case 'POST /control/deny':
      return done({ decided: provider.login.deny(key === '' ? undefined : key) });
    case 'GET /control/state':
      return done({
        activeStreams: provider.activeStreams,
        waiting: provider.waiting(key),
        requests: provider.requests,
      });
    default:
      return undefined;
  }
}
