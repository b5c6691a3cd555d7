/**
 * What an access review says (DESIGN §1): for a server and a period who could, who did, why, what was exposed, who looked,
 * and what its records do not show. Plain JSON in record form, the same for page, command, export and store: nothing in
 * it was ever unmasked. Its shape is checked wherever it is read back.
 */
import { z } from 'zod';

const count = z.int().min(0);
const time = z.iso.datetime({ precision: 3 });
const name = z.string();

export const exposureSchema = z.object({
  class: name,
  outcome: z.enum(['masked', 'revealed', 'uninspected', 'withheld']),
  count,
});

export const principalSchema = z.object({
  kind: z.enum(['user', 'app']),
  id: z.string(),
  name: name.exactOptional(),
  guest: z.boolean(),
});

export const CALL_STATUSES = [
  'answered',
  'error',
  'failed',
  'withheld',
  'unknown',
  'abandoned',
  'refused',
  'held',
  'unfinished',
] as const;

const toolSchema = z.object({
  /** Of `tools/call`; another method by its name; `(other)` for what goes beyond a bound. */
  tool: name,
  calls: count,
  statuses: z.partialRecord(z.enum(CALL_STATUSES), count),
  verdicts: z.object({ allow: count, hold: count, deny: count }),
  first: time,
  last: time,
});

const justificationSchema = z.object({ text: z.string(), tool: name, count, first: time });

/** What the records say somebody did in the period. */
const deedsSchema = z.object({
  calls: count,
  first: time,
  last: time,
  agents: z.array(z.object({ id: z.string(), name: name.exactOptional(), calls: count })),
  tools: z.array(toolSchema),
  /** The agents' own words: nobody verified them. */
  justifications: z.array(justificationSchema),
  furtherJustifications: count,
  /** Of what was delivered to them. */
  exposure: z.array(exposureSchema),
});

export const STANDINGS = [
  /** May use tools, and did. */
  'did',
  /** May use tools, and never did: what a review usually takes away. */
  'never',
  /** Did, and may no longer. */
  'former',
  /** Was refused, and may use nothing. */
  'tried',
  /** May use no tool, and has a duty: approves, audits, reviews, administers. */
  'duty',
  /** Did, and nobody can say what they may. */
  'not-known',
] as const;

const personSchema = z.object({
  principal: principalSchema,
  standing: z.enum(STANDINGS),
  /** Of gateway.yaml, as the directory has it today. */
  groups: z.array(name),
  /** Tools that they may see; each call is decided by itself. */
  could: z.array(name),
  duties: z.array(z.enum(['approve', 'audit', 'review', 'administer'])),
  isBlocked: z.boolean(),
  did: deedsSchema.exactOptional(),
});

const decisionSchema = z.object({
  by: principalSchema,
  verdict: z.enum(['approve', 'deny']),
  reason: z.string(),
  channel: name.exactOptional(),
  at: time,
});

const heldSchema = z.object({
  approval: z.string(),
  tool: name,
  requester: principalSchema.exactOptional(),
  at: time,
  justification: z.string().exactOptional(),
  decisions: z.array(decisionSchema),
  /** What became of it last, as far as the period goes. */
  ended: z.object({ event: name, at: time }).exactOptional(),
  deliveries: count,
});

const viewsSchema = z.object({
  by: principalSchema,
  what: name,
  count,
  first: time,
  last: time,
  exposure: z.array(exposureSchema),
});

export const proofSchema = z.object({
  /** The last seal of the part of the chain that was verified. */
  seal: z.object({ number: count, time, sha256: z.string() }).exactOptional(),
  /** The first seal of that part: no earlier one names what was written to in the period. */
  from: count.exactOptional(),
  /** Whether the chain of seals holds; `none` where nothing was sealed yet. */
  seals: z.enum(['intact', 'tampered', 'none']),
  segments: count,
  lines: count,
  /** Records of the period that bear on exposure and that only their writer's signature covers. */
  newer: count,
  tampered: count,
  unreadable: count,
  /** Gone, because retention let go of them. */
  expired: count,
  faults: z.array(z.object({ where: z.string(), code: name, detail: z.string() })),
});

export const answerSchema = z.object({
  kind: z.enum(['no', 'yes', 'cannot-tell']),
  sentence: z.string(),
});

export const reportSchema = z.object({
  format: z.literal(1),
  server: name,
  since: time,
  until: time,
  built: time,
  answer: answerSchema,
  totals: z.object({
    calls: count,
    ran: count,
    refused: count,
    held: count,
    unknown: count,
    unfinished: count,
    withheld: count,
    deliveries: count,
    /** Outcomes and events whose call was not found. */
    strays: count,
  }),
  exposure: z.array(exposureSchema),
  entitlements: z.object({
    isKnown: z.boolean(),
    /** Why not, or what it does not cover. */
    note: z.string(),
  }),
  tools: z.array(z.object({ tool: name, mayBeHeld: z.boolean() })),
  people: z.array(personSchema),
  furtherPeople: count,
  held: z.array(heldSchema),
  furtherHeld: count,
  views: z.array(viewsSchema),
  blocks: z.array(
    z.object({ principal: z.string(), everywhere: z.boolean(), reason: z.string(), until: time.exactOptional() }),
  ),
  proof: proofSchema,
  /** In words: what nobody should read out of this. */
  notShown: z.array(z.string()),
});

export type ReviewReport = z.output<typeof reportSchema>;
export type ReportPerson = z.output<typeof personSchema>;
export type Deeds = z.output<typeof deedsSchema>;
export type ToolDeeds = z.output<typeof toolSchema>;
export type HeldCall = z.output<typeof heldSchema>;
export type Views = z.output<typeof viewsSchema>;
export type Proof = z.output<typeof proofSchema>;
export type Answer = z.output<typeof answerSchema>;
export type Standing = ReportPerson['standing'];

/** One id is one person, or one app. */
export function personKey({ kind, id }: { readonly kind: 'user' | 'app'; readonly id: string }): string {
  return `${kind}:${id}`;
}
