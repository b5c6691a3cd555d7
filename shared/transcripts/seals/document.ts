/**
 * What a seal and a daily manifest say, and with it the order of their keys (DESIGN §6): JSON whose bytes are hashed, so
 * reading accepts only what writing would have produced. Strict: a key that is not named here is not accepted.
 */
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const day = z.string().regex(/^\d{4}\/\d{2}\/\d{2}$/);
const count = z.int().min(0);

const entry = z.strictObject({
  container: z.string(),
  segment: z.string(),
  /** `bad`: what follows these bytes does not verify, or what was sealed before is gone. */
  state: z.enum(['open', 'closed', 'bad']),
  bytes: count,
  lines: count,
  /** SHA-256 of the last line; zeros where there is none. */
  head: hash,
  /** Its writer is taken for dead: what it left is on record. */
  recovered: z.literal(true).optional(),
  /** Of `bad`: the first fault, and how long the blob was when it was found. */
  fault: z
    .string()
    .regex(/^[a-z-]+$/)
    .optional(),
  blobBytes: count.optional(),
});

const reference = z.strictObject({ number: count, sha256: hash });
const retention = z.array(z.strictObject({ class: z.string(), days: count }));
const signature = z.strictObject({ keyId: z.string(), value: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
const entries = z.array(entry);

export const sealSchema = z.strictObject({
  time,
  kind: z.literal('seal'),
  format: z.literal(1),
  /** From 1, without gaps. */
  number: z.int().min(1),
  /** SHA-256 of the bytes of the seal before it; zeros in the first. */
  previous: hash,
  /** The first day without a manifest: segments opened before it are followed by name only. */
  openFrom: day,
  /** Made since the seal before. */
  manifests: z.array(z.strictObject({ day, sha256: hash })),
  /** Segments that changed and could not be taken in; they come with a later seal. */
  left: count,
  retention,
  /** Merkle root over the entries. */
  root: hash,
  entries,
  signature,
});

export const manifestSchema = z.strictObject({
  time,
  kind: z.literal('manifest'),
  format: z.literal(1),
  day,
  /** The entries say how things stood after this seal. */
  through: reference,
  /** The first and last seal of the day; null where it has none. */
  seals: z.strictObject({ first: reference, last: reference }).nullable(),
  retention,
  root: hash,
  entries,
  signature,
});

export type Seal = z.infer<typeof sealSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
export type SealDocument = Seal | Manifest;
export type SealedSegment = z.infer<typeof entry>;
export type RetentionDays = z.infer<typeof retention>;
/** A seal by its number and the hash of its bytes. */
export type SealReference = z.infer<typeof reference>;

/** Names a segment everywhere here; no container's name has a slash. */
export function segmentKey({ container, segment }: { readonly container: string; readonly segment: string }): string {
  return `${container}/${segment}`;
}

/** Whether nothing more is expected of it. */
export function isSettled({ state, recovered }: SealedSegment): boolean {
  return state !== 'open' || recovered === true;
}
