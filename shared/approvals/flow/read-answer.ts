/**
 * What the Teams workflow posts when somebody answered a card (infra/teams/flow.bicep), once its token is verified. Who
 * answered stands in `responder`, which the Teams connector fills in; what the card sent stands in `data`, and names
 * nobody. Only what is needed is read.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJsonBytes } from '../../json/parse.ts';
import type { Verdict } from '../approval.ts';
import { parseApprovalId } from '../approval-store.ts';
import { type CardMark, MAX_ROUNDS, reasonInputs } from './answer-actions.ts';

export interface FlowAnswer extends CardMark {
  /** SHA-256, hex, of the card: it is answered once, by whomever. */
  readonly mark: string;
  /** When the workflow had it. */
  readonly sentMs: number;
  /** Lower case, as the object id. */
  readonly tenant: string;
  readonly person: { readonly id: string; readonly name?: string };
  readonly approval: string;
  readonly verdict: Verdict;
  readonly evidence: string;
  readonly reason: string;
}

const MAX_NAME_CHARACTERS = 200;
/** The inbox says what is too long; this only bounds what is looked at. */
const MAX_REASON_CHARACTERS = 4_000;

const guid = z.guid().toLowerCase();
const reason = z.string().max(MAX_REASON_CHARACTERS).optional();

const answerSchema = z.object({
  answeredAt: z.iso.datetime({ offset: true }),
  responder: z.object({
    objectId: guid,
    tenantId: guid,
    displayName: z.string().optional().catch(undefined),
  }),
  data: z.object({
    approval: z.string().refine((id) => parseApprovalId(id) !== undefined),
    verdict: z.enum(['approve', 'deny']),
    evidence: z.string().min(1).max(200),
    card: z.string().regex(/^[0-9a-f]{32}$/),
    round: z.int().min(1).max(MAX_ROUNDS),
    [reasonInputs.approve]: reason,
    [reasonInputs.deny]: reason,
  }),
});

/** Undefined for what is no such answer. */
export function readFlowAnswer(body: Uint8Array): FlowAnswer | undefined {
  const json = parseJsonBytes(body);
  const parsed = json.ok ? answerSchema.safeParse(json.value) : undefined;
  if (!parsed?.success) return undefined;
  const { answeredAt, responder, data } = parsed.data;
  const { approval, verdict, evidence, card, round } = data;
  const name = responder.displayName?.slice(0, MAX_NAME_CHARACTERS);
  return {
    mark: createHash('sha256')
      .update(JSON.stringify(['flow', approval, card]), 'utf8')
      .digest('hex'),
    sentMs: Date.parse(answeredAt),
    tenant: responder.tenantId,
    person: { id: responder.objectId, ...(name !== undefined && { name }) },
    ...{ approval, verdict, evidence, card, round },
    reason: data[reasonInputs[verdict]] ?? '',
  };
}
