/**
 * The limits that decide what a client or an operator meets and that have no environment variable, with their units. Those that
 * have one are in `config-table.ts`; `portions.ts` gives each part of the house its own. Reaching a limit is a defined outcome
 * with a defined answer. What only tunes one file stands in that file.
 */

export const limits = {
  /* Requests. */
  /** All headers together; the server itself answers 431 above. */
  headerBytesMax: 16_384,
  urlCharsMax: 4_096,
  /** Unread body of a request without a valid key; with more than that the connection is not kept. */
  unauthenticatedBodyBytesMax: 65_536,
  /**
   * An upload brings this much in each window, or it is refused. The HTTP library would cut it without an answer soon after:
   * it wants 16 KiB a second over ten seconds.
   */
  uploadWindowMs: 8_000,
  uploadWindowBytes: 131_072,
  /** Keys whose requests are counted for the rate limit. */
  rateCallersMax: 10_000,
  jsonDepthMax: 256,
  /** Strings, numbers, objects, … of a body, all together: what a body costs besides its bytes. */
  jsonValuesMax: 250_000,
  /** Bodies that are being received or decoded, all together. */
  bodiesBytesMax: 268_435_456,
  /** Top-level fields of a request. */
  fieldsMax: 1_000,
  /** Tools of a request, and what is said of all of them to the model. */
  toolsMax: 512,
  toolsBytesMax: 1_048_576,
  /** Names in the header `x-proxy-ignored-params`. */
  ignoredParamsMax: 32,
  /** What `previous_response_id` and references may bring: responses, and their size as they are kept. */
  historyResponsesMax: 1_000,
  historyBytesMax: 33_554_432,
  /** One image: its file, and its pixels, which the CLI decodes; and the pixels of all images of a request. */
  pictureBytesMax: 20_971_520,
  picturePixelsMax: 67_000_000,
  picturesPixelsMax: 268_000_000,
  /** Images of one request that are downloaded: how many, of what size together, and within what time. */
  remotePicturesMax: 16,
  remotePicturesBytesMax: 41_943_040,
  remotePicturesMs: 10_000,
  /** Downloads at a time, of all requests together. */
  downloadsMax: 64,

  /** Texts of headers that are held once for all requests, and how long they may be. */
  headerTextsMax: 1_024,
  headerTextCharsMax: 128,

  /* Answers. */
  /** Frames that are joined in one write. */
  writeBytes: 65_536,
  /** While bytes wait, what is passed on to learn whether they have left; and frames that are encoded for that. */
  probeBytes: 16_384,
  probeFramesBytes: 1_024,
  /** What the kernel takes at once of an answer that has just begun: all of one that is no longer leaves in one system call. */
  shortBytes: 16_384,
  /** Of a long answer that is repeated at its end, what one client is written in one turn of the event loop. */
  turnBytes: 262_144,
  /**
   * Only a frame larger than this is cut across writes to a client that keeps up: it is what a stalled client may make the
   * transport hold. Frames of chat are smaller: a delta is at most 32,768 UTF-16 units.
   */
  sliceBytes: 1_048_576,
  /** A reader has stalled that has taken nothing for so long; and how often one is looked at for which little waits. */
  stallMs: 5_000,
  stallLookMs: 1_000,
  /** Of so many short answers one is asked whether it was taken; and of so many without a body one is the last of its connection. */
  answersUnasked: 8,
  answersBodiless: 1_024,
  /** Period of the blanks that a long silent whole answer sends. */
  wholeBlankMs: 15_000,

  /* The run queue. */
  lettersMax: 100_000,

  /* Turns. */
  /** An interrupted turn must end within, and one that ended by itself; then its slot is free all the same. */
  interruptMs: 2_000,
  closeMs: 5_000,

  /* Workers. */
  /** In service for so long, a worker's earlier failures no longer count for its back-off. */
  settledMs: 10_000,
  /** Answers that a worn worker may still begin when no other one serves. */
  wornLeasesMax: 1_000,
  /** From one SIGKILL to the next. */
  killRepeatMs: 2_000,
  /** One step of a turn, and what each megabyte of it adds, and each image. */
  stepMs: 10_000,
  stepMsPerMegabyte: 1_000,
  stepMsPerImage: 4_000,
  /** JSON-RPC requests without an answer on one worker, and those that wait for a place among them. */
  rpcInFlightMax: 64,
  rpcQueuedMax: 1_024,
  rpcQueuedBytesMax: 268_435_456,
  /** Between two signs of life, and until one is missed; two misses in a row are the end of the worker. */
  pulseMs: 10_000,
  pulseAnswerMs: 2_000,

  /* Sign-in. */
  /** For a device code to be had, and for a person to use it. */
  signInWaitMs: 5_000,
  loginPendingMs: 600_000,

  /* Nodes, with `PROXY_NODES`. */
  /** A process of one may take so long to be there, and to listen. */
  nodeStartupMs: 10_000,
  nodeBeginMs: 60_000,
  /** Waits before a restart, doubled each time; and how many in a window. */
  nodeBackoffInitialMs: 250,
  nodeBackoffMaxMs: 10_000,
  nodeRestartMax: 25,
  nodeRestartWindowMs: 600_000,
  /** Between two signs of life, and until one is missed; two misses in a row are the end of the node. */
  nodePulseMs: 2_000,
  nodePulseAnswerMs: 5_000,
  /** So often the parent asks what nodes have counted, beside those who want to know: the rest is lost with one that is killed. */
  nodeCountsMs: 10_000,
  /** One that leaves alone is still there for those who are connected. */
  nodeLingerMs: 2_000,
  /** After an error of their parent: so long it waits for them, who have last words to say; one that hangs is killed before that. */
  nodeLastWordsMs: 3_000,
  /** The first worker of all renews the sign-in that all share: so long the others wait for it. */
  nodeWorkersMs: 15_000,
  /** Of one node to its parent at a time: an answer may have megabytes. */
  usageAsksMax: 16,
  usageAsksWaitingMax: 1_024,

  /* The process. */
  /** After a programmer's error: for the failure recipes of open responses to reach their clients. */
  lastWordsMs: 500,
  /** At the end of a drain, for the folders of the workers to be removed. */
  settleMs: 2_000,
  /** Ctrl-C arrives twice, from the terminal and from the launcher: only a later one means "now". */
  insistMs: 1_000,
} as const;
