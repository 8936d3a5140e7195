/** Which figures the results page draws, and how they are called. */

export interface Chart {
  readonly scenario: string;
  readonly figure: string;
  readonly title: string;
}

export const charts: readonly Chart[] = [
  {
    scenario: 'streams',
    figure: 'streams_per_core_second',
    title: 'Streams of 50 deltas a second, per core of the server',
  },
  {
    scenario: 'requests',
    figure: 'requests_per_core_second',
    title: 'Whole chat completions a second, per core of the server',
  },
  { scenario: 'models', figure: 'requests_per_core_second', title: 'GET /v1/models a second, per core of the server' },
  {
    scenario: 'saturation',
    figure: 'deltas_per_core_second',
    title: 'Deltas a second at saturation, per core of the server',
  },
  { scenario: 'paced', figure: 'cpu_per_delta', title: 'CPU of the server a delta, paced' },
  { scenario: 'latency', figure: 'first_p50', title: 'Time to the first delta, p50' },
  { scenario: 'responses', figure: 'cpu_per_response', title: 'CPU of the server a response without deltas' },
  { scenario: 'memory', figure: 'resident_per_stream', title: 'Memory that one more open stream holds' },
  { scenario: 'many-streams', figure: 'gap_p99', title: 'Between two deltas of a stream, p99, at a delta a second' },
  { scenario: 'overload', figure: 'goodput', title: 'Answers a second at capacity and at three times of it' },
  { scenario: 'start-up', figure: 'serving', title: 'From nothing until two workers are ready' },
  {
    scenario: 'nodes',
    figure: 'requests_per_core_second',
    title: 'Whole chat completions a second of CPU, one node and two',
  },
];
