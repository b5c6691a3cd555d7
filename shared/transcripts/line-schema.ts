/**
 * The shapes of a transcript's lines, and with them the order of their keys (DESIGN §6): zod gives an object's keys
 * back in the order in which they stand here. Strict: a key that is not named here is neither written nor accepted.
 * `time` comes first, so that lines sort and can be cut by it; `chain` comes last.
 */
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const count = z.int().min(0);

const chain = z.strictObject({ segment: z.string(), seq: count, prev: hash });

/** Content too large for a line: the hash and length of its bytes, which stand in a side blob. */
const contentRef = z.strictObject({ sha256: hash, bytes: count });

const principal = z.strictObject({
  kind: z.enum(['user', 'app']),
  id: z.string(),
  name: z.string().exactOptional(),
  guest: z.boolean(),
});

const call = z.strictObject({
  id: z.string(),
  tenant: z.string(),
  principal,
  agent: z.strictObject({ id: z.string(), name: z.string().exactOptional() }),
  tokenId: z.string(),
  address: z.string(),
  era: z.enum(['modern', 'legacy']),
  method: z.string(),
  target: z.string().exactOptional(),
});

const decision = z.strictObject({
  verdict: z.enum(['allow', 'hold', 'deny']),
  code: z.string().exactOptional(),
  policies: z.array(z.string()),
  quorums: z.array(z.string()).exactOptional(),
  reasons: z.array(z.string()).exactOptional(),
  detail: z.string().exactOptional(),
});

const exposure = z.array(
  z.strictObject({
    class: z.string(),
    outcome: z.enum(['masked', 'revealed', 'uninspected', 'withheld']),
    count,
  }),
);

const intent = {
  time,
  kind: z.literal('intent'),
  call,
  decision,
  approval: z.string().optional(),
  justification: z.string().optional(),
};
const event = { time, kind: z.literal('event'), callId: z.string(), exposure };
const outcome = {
  time,
  kind: z.literal('outcome'),
  callId: z.string(),
  status: z.enum(['answered', 'error', 'failed', 'withheld', 'unknown', 'abandoned']),
  httpStatus: z.int().optional(),
  credential: z.strictObject({ secret: z.string(), version: z.string() }).optional(),
  durationMs: z.number().min(0),
  exposure,
  error: z.strictObject({ code: z.string(), detail: z.string() }).optional(),
};
const refusal = {
  time,
  kind: z.literal('refusal'),
  stage: z.enum(['http', 'authenticate', 'read', 'groups', 'decide']),
  code: z.string(),
  detail: z.string(),
  address: z.string(),
  call: call.optional(),
  decision: decision.optional(),
  justification: z.string().optional(),
};

const actor = z.strictObject({
  principal,
  agent: z.strictObject({ id: z.string(), name: z.string().exactOptional() }).exactOptional(),
  channel: z.string().exactOptional(),
  tokenId: z.string().exactOptional(),
  address: z.string().exactOptional(),
});

const approval = {
  time,
  kind: z.literal('approval'),
  approval: z.string(),
  event: z.enum([
    'held',
    'joined',
    'asked',
    'decided',
    'decision-refused',
    'approved',
    'denied',
    'expired',
    'cancelled',
    'failed',
    'unknown',
    'resolved',
    'attention',
  ]),
  call: call.optional(),
  decision: decision.optional(),
  by: actor.optional(),
  verdict: z.enum(['approve', 'deny']).optional(),
  reason: z.string().optional(),
  detail: z.string().optional(),
};
const delivery = {
  time,
  kind: z.literal('delivery'),
  call,
  approval: z.string(),
  releaseCallId: z.string(),
  exposure,
  error: z.strictObject({ code: z.string(), detail: z.string() }).optional(),
};
const administration = z.strictObject({
  time,
  kind: z.literal('administration'),
  action: z.string(),
  by: actor.optional(),
  detail: z.string(),
});

const view = z.strictObject({
  time,
  kind: z.literal('view'),
  what: z.enum(['approval', 'session', 'sessions', 'review', 'export', 'ask', 'home']),
  by: actor,
  subject: z.string().optional(),
  exposure,
  detail: z.string().optional(),
});
const recovery = z.strictObject({
  time,
  kind: z.literal('recovery'),
  container: z.string(),
  segment: z.string(),
  bytes: count,
  lines: count,
  head: hash,
  unfinished: z.array(z.string()),
  unfinishedCount: count,
});

/** What an entry says beside its content. */
export const factsSchema = z.discriminatedUnion('kind', [
  z.strictObject(intent),
  z.strictObject(event),
  z.strictObject(outcome),
  z.strictObject(refusal),
  z.strictObject(approval),
  z.strictObject(delivery),
  administration,
  view,
  recovery,
]);

const content = z.unknown().optional();
const request = { request: content, requestRef: contentRef.optional(), chain };
const message = { message: content, messageRef: contentRef.optional(), chain };

export const writerKeySchema = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

const genesis = z.strictObject({
  time,
  kind: z.literal('genesis'),
  /** Of the lines as they stand here; a reader of this version knows no other. */
  format: z.literal(1),
  session: z.strictObject({ id: z.string(), server: z.string(), retention: z.string() }),
  writer: z.strictObject({ id: z.string(), key: writerKeySchema, notBefore: time }),
  endorsement: z.strictObject({ keyId: z.string(), signature }),
  sallyport: z.string(),
  configDigest: z.string(),
  chain,
});

const closeReason = z.enum(['shutdown', 'idle', 'full', 'crowded']);
const close = z.strictObject({ time, kind: z.literal('close'), reason: closeReason, chain });
const signed = z.strictObject({ time, kind: z.literal('signature'), signature, chain });

export const lineSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...intent, ...request }),
  z.strictObject({ ...event, ...message }),
  z.strictObject({ ...outcome, ...message }),
  z.strictObject({ ...refusal, ...request }),
  z.strictObject({ ...approval, ...request }),
  z.strictObject({ ...delivery, ...message }),
  administration.extend({ chain }),
  view.extend({ chain }),
  recovery.extend({ chain }),
  genesis,
  close,
  signed,
]);

export type Line = z.infer<typeof lineSchema>;
export type Genesis = z.infer<typeof genesis>;
export type SignatureLine = z.infer<typeof signed>;
/** Why a writer ended a segment: `crowded` means that it held as many open segments as it may. */
export type CloseReason = z.infer<typeof closeReason>;
export type WriterKey = z.infer<typeof writerKeySchema>;
export type ContentRef = z.infer<typeof contentRef>;
