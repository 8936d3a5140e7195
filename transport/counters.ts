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
