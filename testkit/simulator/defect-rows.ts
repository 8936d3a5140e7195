/**
 * Rows of the catalogue of the predecessor's defects that no break stands for, and why: the simulator is the runtime without
 * HTTP. Every other row is named by a break; the test demands that none is forgotten.
 */

const wire = 'of the HTTP front: the projections, whose own tests compare them with the log';
const requests = 'of the HTTP front: how requests are read';
const operations = 'of the operation: documentation, images, scripts';
const shapes = "of the transport's parameters: its tests read what is sent";

export const rowCount = 65;

export const elsewhere: Readonly<Record<string, string>> = {
  'W-2': wire,
  'W-3': wire,
  'W-4': wire,
  'W-5': wire,
  'W-6': requests,
  'W-9': shapes,
  'W-10': shapes,
  'W-11': wire,
  'W-12': requests,
  'W-13': wire,
  'W-14': wire,
  'W-15': wire,
  'W-16': wire,
  'W-19': requests,
  'W-21': requests,
  'W-22': requests,
  'W-23': requests,
  'W-24': requests,
  'W-25': requests,
  'W-30': 'the whole simulation speaks the protocol of 0.169',
  'W-43': 'of the HTTP front: the limit of an answer that is read whole',
  'W-45': 'of the HTTP front: the status of a refusal',
  'W-46': 'of speed: the benchmark measures it',
  'W-47': 'of the HTTP front: readers that lag',
  'W-49': 'of the HTTP front: usage files',
  'W-52': requests,
  'W-53': 'of the HTTP front: metrics',
  'W-54': requests,
  'W-55': requests,
  'W-56': 'of the HTTP front: what health tells',
  'W-57': requests,
  'W-59': 'of the journal: what may be logged',
  'W-60': operations,
  'W-61': operations,
  'W-62': requests,
  'W-63': operations,
  'W-64': operations,
  'W-65': operations,
};
