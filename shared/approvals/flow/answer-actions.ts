/**
 * What makes a card answerable where it stands: approve and deny, each behind a second click, as a flow that waits for a
 * response takes them (FACTS §5). What they send is ours but for the reason: the request, what of it was shown, and which
 * card it stood on. It is no proof of anything: the gateway asks anew.
 */
import type { JsonObject } from '../../json/value.ts';
import type { Approval, Verdict } from '../approval.ts';
import { REASON_CHARACTERS } from '../inbox.ts';

/** One posted card: a Teams card takes one answer, so a request may need several of them. */
export interface CardMark {
  /** Random: 32 hex digits. An answer is taken once for each. */
  readonly card: string;
  /** The how-manieth card of its request, from 1. */
  readonly round: number;
}

/** After so many a card ends at the page: whoever presses without the right gets no channel full of cards. */
export const MAX_ROUNDS = 5;

/** Ids of the inputs, unlike each other, for all of a card's inputs may be sent with any of its answers. */
export const reasonInputs = { approve: 'approveReason', deny: 'denyReason' } as const satisfies Record<Verdict, string>;

export function answerActions(approval: Pick<Approval, 'id' | 'evidence'>, mark: CardMark): readonly JsonObject[] {
  return [answerAction('approve', approval, mark), answerAction('deny', approval, mark)];
}

/** Only a denial needs a reason, and so each verdict has an input of its own. */
function answerAction(
  verdict: Verdict,
  { id: approval, evidence }: Pick<Approval, 'id' | 'evidence'>,
  { card, round }: CardMark,
): JsonObject {
  const { title, label, submit, isRequired } = LOOKS[verdict];
  const data = { approval, verdict, evidence, card, round };
  return {
    type: 'Action.ShowCard',
    title,
    card: {
      type: 'AdaptiveCard',
      body: [
        {
          type: 'Input.Text',
          id: reasonInputs[verdict],
          label,
          maxLength: REASON_CHARACTERS,
          isMultiline: true,
          isRequired,
          ...(isRequired && { errorMessage: 'A denial needs a reason.' }),
        },
      ],
      actions: [{ type: 'Action.Submit', title: submit, style: LOOKS[verdict].style, data }],
    },
  };
}

const LOOKS = {
  approve: { title: 'Approve …', label: 'Why, if you like', submit: 'Approve', style: 'positive', isRequired: false },
  deny: { title: 'Deny …', label: 'Why', submit: 'Deny', style: 'destructive', isRequired: true },
} as const;
