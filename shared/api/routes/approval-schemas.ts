/**
 * Held calls as the API shows them, and the decision that it takes. Times are RFC 3339. Everything that a held call
 * brought with it (arguments, justification, names) is somebody else's text: masked, and not to be trusted.
 */
import { z } from '@hono/zod-openapi';
import { REASON_CHARACTERS } from '../../approvals/inbox.ts';
import { APPROVAL_STATES } from '../../approvals/states.ts';
import { CHANNELS } from '../../config/channels.ts';

const time = z.iso.datetime();

const named = z.object({ id: z.string(), name: z.string().optional().openapi({ description: 'For people to read.' }) });

const summary = {
  id: z.string().openapi({ example: `k1-${'0'.repeat(32)}-1-000000000000` }),
  code: z.string().openapi({ description: 'Short, for people to type; not unique for ever.', example: 'K7Q2' }),
  state: z.enum(APPROVAL_STATES),
  server: z.string(),
  tool: z.string(),
  requester: named.extend({ kind: z.enum(['user', 'app']) }),
  agent: named.openapi({ description: 'The app through which the requester called.' }),
  createdAt: time,
  expiresAt: time.openapi({ description: 'Nothing is decided or run from then on.' }),
  justification: z.string().optional().openapi({ description: 'The agent’s own words; nobody verified them.' }),
  attention: z.string().optional().openapi({ description: 'Why a person has to look at it.' }),
};

export const approvalSummarySchema = z.object(summary).openapi('ApprovalSummary');

export const approvalListSchema = z
  .object({
    approvals: z.array(approvalSummarySchema),
    total: z.int().openapi({ description: 'How many there are, of which at most `limit` are listed.' }),
  })
  .openapi('ApprovalList');

const decision = z.object({
  person: named,
  verdict: z.enum(['approve', 'deny']),
  reason: z.string(),
  channel: z.enum(CHANNELS),
  decidedAt: time,
  counts: z.boolean().openapi({ description: 'Whether it counted when it was last looked at.' }),
});

export const approvalSchema = z
  .object({
    ...summary,
    arguments: z.unknown().openapi({ description: 'Masked, but for classes that policy reveals to you.' }),
    reasons: z.array(z.string()).openapi({ description: 'Why policy holds the call.' }),
    policies: z.array(z.string()),
    needs: z.array(z.object({ quorum: z.string(), from: z.array(z.object({ group: z.string(), people: z.int() })) })),
    decisions: z.array(decision),
    evidence: z.string().openapi({ description: 'Of what is shown here; a decision sends it back.' }),
    endedAt: time.optional(),
    endReason: z.string().optional(),
    mayDecide: z.boolean(),
    whyNot: z.string().optional().openapi({ description: 'Why you may not decide it.' }),
  })
  .openapi('Approval');

const EVIDENCE_CHARACTERS = 200;

export const decisionInputSchema = z
  .strictObject({
    verdict: z.enum(['approve', 'deny']),
    reason: z
      .string()
      .max(REASON_CHARACTERS)
      .default('')
      .openapi({ description: 'Your own words, for the transcript; a denial needs some.' }),
    evidence: z
      .string()
      .min(1)
      .max(EVIDENCE_CHARACTERS)
      .openapi({ description: 'As it was shown: what you saw is what is decided.' }),
  })
  .openapi('DecisionInput');

export const resolutionInputSchema = z
  .strictObject({
    outcome: z
      .enum(['done', 'failed'])
      .openapi({ description: 'What became of the call, as found out at the server.' }),
    reason: z
      .string()
      .max(REASON_CHARACTERS)
      .regex(/\S/, 'needs some words')
      .openapi({ description: 'How that is known, for the transcript.' }),
  })
  .openapi('ResolutionInput');

export const resolvedSchema = z.object({ approval: z.string(), state: z.enum(['done', 'failed']) }).openapi('Resolved');

export const decisionTakenSchema = z
  .object({
    approval: z.string(),
    verdict: z.enum(['approve', 'deny']),
    repeated: z.boolean().openapi({ description: 'You had said so before; nothing was added.' }),
  })
  .openapi('DecisionTaken');
