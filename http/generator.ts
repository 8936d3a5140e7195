/** Whatever a request needs on its way to a response beside what it brings: made once for all requests, but for its caller. */

import type { Account } from './accounting.ts';
import { policyOf, type RequestPolicy } from './admission.ts';
import type { Front } from './front.ts';
import type { Host } from './host/host.ts';
import { interceptor } from './intercepts.ts';
import type { Interceptor } from './local-answer.ts';
import type { Pace } from './pace.ts';
import type { Readers } from './readers.ts';

export interface Generator extends Front {
  readonly host: Host;
  readonly readers: Readers;
  readonly pace: Pace;
  readonly policy: RequestPolicy;
  readonly intercept: Interceptor;
}

export const generatorOf = (front: Front, rest: Pick<Generator, 'host' | 'readers' | 'pace'>): Generator => ({
  ...front,
  ...rest,
  policy: policyOf(front.settings),
  intercept: interceptor(front),
});

export interface Caller {
  readonly owner: string;
  readonly account: Account;
  /** How long it has to wait before it may ask: the host is still asked while the body comes. Null: it may. */
  readonly permit: Promise<number | null> | null;
}
