// What the provider saw and did, for assertions: one record per request, updated while its answer runs.
// Invariant: a record ends exactly once, as `finished` (answered completely), `client` (closed by the other side before
// the end) or `provider` (broken off by the scenario or by closing the server); at most `recordMax` are kept.

import type { IncomingHttpHeaders } from 'node:http';

export type Ending = 'finished' | 'client' | 'provider';

export type Recorded = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly atMs: number;
  /** Bytes on the wire, before decompression. */
  rawBytes: number;
  /** The parsed body; text when it is not JSON, undefined when empty. */
  body: unknown;
  /** Number of this sampling, from 1; its ids are `resp_<sequence>` and so on. 0 for other requests. */
  sequence: number;
  scenario: string;
  key: string;
  attempt: number;
  status: number | undefined;
  eventsSent: number;
  ending: Ending | undefined;
  closedAtMs: number | undefined;
  /** Why a scenario could not be chosen or played. */
  problem: string | undefined;
};

export class Recorder {
  readonly #records: Recorded[] = [];
  readonly #open = new Set<Recorded>();
  readonly #recordMax: number;
  readonly #changed: () => void;

  constructor(recordMax: number, changed: () => void) {
    this.#recordMax = recordMax;
    this.#changed = changed;
  }

  get records(): readonly Recorded[] {
    return this.#records;
  }

  /** Samplings whose answer has not ended. */
  get activeStreams(): number {
    let active = 0;
    for (const record of this.#open) if (record.sequence > 0) active += 1;
    return active;
  }

  start(method: string, url: string, headers: IncomingHttpHeaders): Recorded {
    const record: Recorded = {
      method,
      url,
      headers,
      atMs: Date.now(),
      rawBytes: 0,
      body: undefined,
      sequence: 0,
      scenario: '',
      key: '',
      attempt: 0,
      status: undefined,
      eventsSent: 0,
      ending: undefined,
      closedAtMs: undefined,
      problem: undefined,
    };
    if (this.#recordMax > 0) this.#records.push(record);
    if (this.#records.length > this.#recordMax) this.#records.shift();
    this.#open.add(record);
    return record;
  }

  end(record: Recorded, ending: Ending): void {
    if (record.ending !== undefined) return;
    record.ending = ending;
    record.closedAtMs = Date.now();
    this.#open.delete(record);
    this.#changed();
  }

  clear(): void {
    this.#records.length = 0;
  }
}
