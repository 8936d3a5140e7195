/** Things that should not happen, or not often; each occurrence is counted under one of these names. */

export type Anomaly =
  | 'line.malformed'
  | 'response.late'
  | 'response.unknown'
  | 'request.retried'
  | 'request.expired'
  | 'server_request.refused'
  | 'frame.dropped'
  | 'thread.unknown'
  | 'turn.foreign'
  | 'turn.late'
  | 'turn.compacted'
  | 'thread.vanished'
  | 'interrupt.failed'
  | 'notification.unknown'
  | 'notification.invalid';

export type Count = (anomaly: Anomaly) => void;

/** How often each has occurred since the start; as many entries as there are names. */
export class Tally {
  readonly #counts = new Map<Anomaly, number>();

  readonly count: Count = (anomaly) => {
    this.#counts.set(anomaly, (this.#counts.get(anomaly) ?? 0) + 1);
  };

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
