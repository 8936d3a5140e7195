/** What a node and its parent say to each other about what is one per host. `node.…` is asked by the parent, the rest by nodes. */

export const hostWords = {
  take: 'rate.take',
  enter: 'streams.enter',
  left: 'streams.left',
  streams: 'streams.open',
  condition: 'host.condition',
  metrics: 'host.metrics',
  lastMetrics: 'host.metrics_last',
  buffer: 'host.tool_buffer',
  bufferReset: 'host.tool_buffer_reset',
  spent: 'usage.spent',
  usage: 'usage.ask',
  latest: 'usage.latest',
  fileOpened: 'file.opened',
  line: 'file.line',
  fileSettled: 'file.settled',
  loginWanted: 'login.wanted',
  signedIn: 'login.signed_in',
} as const;

/** Asked of a node, or told to it, about its part. Of its life: `transport/node-words.ts`. */
export const memberWords = {
  condition: 'node.condition',
  metrics: 'node.metrics',
  buffer: 'node.tool_buffer',
  bufferReset: 'node.tool_buffer_reset',
  /** Its answer says that all it had told before has arrived. */
  sync: 'node.sync',
  login: 'node.login',
  loginHeld: 'node.login_held',
  credentials: 'node.credentials_changed',
} as const;

/** Deadlines in milliseconds: of nodes for their parent, and of the parent for its nodes, which is the shorter one. */
export const hostDeadlines = { parentMs: 5_000, nodeMs: 2_000, signInMs: 6_000 } as const;
