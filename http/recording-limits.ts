/** What the records of `recording.ts` may take: of memory, and of the disk. Beyond it, records are left out, and that is told. */

export const recordingLimits = {
  /** Of one file; so many earlier ones are kept beside it. */
  wireTrace: { bytesMax: 33_554_432, keep: 1 },
  workerCapture: { bytesMax: 67_108_864, keep: 1 },
  /** One folder of captures. */
  folder: { filesMax: 2_000, bytesMax: 536_870_912 },
  /** Of one exchange, and of all that are under way or being written. */
  exchange: { bodyBytesMax: 4_194_304, answerBytesMax: 4_194_304, heldBytesMax: 33_554_432 },
  /** What is deeper in a body is left out, and what is more of one list. */
  depthMax: 64,
  entriesMax: 10_000,
} as const;
