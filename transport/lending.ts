/**
 * What nodes say to each other about stored responses. What is lent is one string of bytes: of each response its log, then its input,
 * newest first, so that whoever has the older ones already, or needs the newest only, takes the beginning of it. The first bytes come
 * with the answer, others in pieces, each asked for when the one before has come: that is the backpressure.
 *
 * Invariant: what comes from another process is read by the schemas here, or is no answer.
 */

import * as z from 'zod';

export const lookKind = 'kept.look';
export const pieceKind = 'kept.piece';
export const doneKind = 'kept.done';
export const deleteKind = 'kept.delete';
export const claimKind = 'name.claim';

/** For one answer. */
export const askMs = 5_000;

/** What comes in one frame is small beside what a link takes: others talk over it, too. */
export const usualPieceBytes = 131_072;
/** What comes with the answer: whatever is larger is asked for when there is a turn for it. */
export const firstBytes = 4_096;

/** Labels of a chain that are told; who has a longer one is told its length. */
export const labelsMax = 4_096;

const id = z.string().max(128);
const size = z.int().nonnegative();
const named = z.object({ owner: z.string().max(256), id });

/** `now`: the log as it is; `single`: the same of a response that is over; `chain`: it and all that it goes on from. */
const wants = z.enum(['now', 'single', 'chain']);
export type Want = z.infer<typeof wants>;

export const lookSchema = named.extend({ want: wants });
export const deleteSchema = named;
export const claimSchema = z.object({ name: id });
export const pieceSchema = z.object({ loan: size, from: size, to: size });
export const doneSchema = z.object({ loan: size });

const label = z.tuple([id, z.number(), size, size]);
/** `inputBytes` is 0 where the input was not wanted. */
export type Label = readonly [id: string, expiresAt: number, logBytes: number, inputBytes: number];

const found = z.object({
  /** 0: all of it is in `bytes`. */
  loan: size,
  /** Of all responses of the chain. */
  count: size,
  chainBytes: size,
  labels: z.array(label).min(1).max(labelsMax),
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});
export type Found = z.infer<typeof found>;

/** Null: there is none. */
export const lookReply = z.union([z.null(), z.literal('running'), found]);
export type LookReply = z.infer<typeof lookReply>;
