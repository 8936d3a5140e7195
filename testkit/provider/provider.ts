// What a test sees of the fake provider: where it listens, what it recorded, and its controls.

import type { UntilOptions } from './conditions.ts';
import type { LoginIssuer, LoginOptions } from './login.ts';
import type { Recorded } from './recording.ts';
import type { SelectOptions } from './select.ts';

export type ProviderOptions = Partial<SelectOptions> & {
  readonly port?: number;
  /** Oldest records go first; 0 records nothing. */
  readonly recordMax?: number;
  readonly bodyBytesMax?: number;
  readonly login?: LoginOptions;
  /** Offers the controls over HTTP too. */
  readonly control?: boolean;
};

export type Provider = {
  readonly origin: string;
  /** For `base_url` of the CLI's provider configuration. */
  readonly baseUrl: string;
  readonly port: number;
  readonly login: LoginIssuer;
  /** Every request since the start or the last reset, oldest first. */
  readonly requests: readonly Recorded[];
  /** Only the model requests. */
  readonly samplings: readonly Recorded[];
  readonly activeStreams: number;
  pause(key: string): void;
  resume(key: string): void;
  release(barrierName: string): void;
  waiting(barrierName: string): number;
  stopped(key: string): number;
  /** Resolves with the first truthy value of the predicate, asked again after every change. */
  until<T>(predicate: (provider: Provider) => T, options?: UntilOptions): Promise<NonNullable<T>>;
  /** Forgets recordings, counters and logins, and opens all gates. Running streams go on. */
  reset(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};
