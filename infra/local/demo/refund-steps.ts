/** A call that waits for a person: held, shown, approved over the API, run once, collected. */
import { type Answer, callAs, collectAs } from './agent.ts';
import { decide, showApproval } from './approvals-api.ts';
import { waitForCard } from './channel.ts';
import { findPurchase, type Purchase, REFUND, refundedOf } from './payments.ts';
import { demand, type Scene, type Step } from './step.ts';

const WORDS = 'The customer was charged twice for the annual plan.';

export function refundSteps({ stack }: Scene): Step[] {
  let purchase: Purchase | undefined;
  let approval: string | undefined;
  let collected: Answer | undefined;

  const refund = () =>
    callAs(stack, 'alice', 'refund_payment', {
      payment_id: demand(purchase).payment,
      amount: REFUND,
      sallyport_justification: WORDS,
    });

  return [
    {
      told: 'A refund over 500 needs finance: the call is held, and the agent is told at once what to do.',
      async play() {
        purchase = await findPurchase(stack);
        const { text, isError, approval: id } = await refund();
        approval = id;
        const isHeld = isError && text.startsWith('Held for approval: this call has NOT been made');
        return { isAsTold: isHeld && (await refundedOf(stack, purchase)) === 0, shown: text };
      },
    },
    {
      told: 'A card stands in the Teams channel, with the agent’s words marked as words that nobody verified.',
      async play() {
        const id = demand(approval);
        const { lines } = await waitForCard(stack, id);
        const isMarked = lines[lines.indexOf(`  ${WORDS}`) - 1] === 'The agent’s own words, verified by nobody';
        const hasLink = lines.at(-1)?.endsWith(`${stack.gateway}/ui/approvals/${id}`) === true;
        return { isAsTold: isMarked && hasLink, shown: lines.join('\n') };
      },
    },
    {
      told: 'alice can’t approve her own request.',
      async play() {
        const { status, body } = await decide(stack, 'alice', demand(approval), { verdict: 'approve', reason: '' });
        return { isAsTold: status === 403, shown: `${status} ${JSON.stringify(body)}` };
      },
    },
    {
      told: 'bob (finance) looks at it and approves it, over the API.',
      async play() {
        const id = demand(approval);
        const { code, tool, requester } = await showApproval(stack, 'bob', id);
        const { status, body } = await decide(stack, 'bob', id, {
          verdict: 'approve',
          reason: 'Checked with the bank',
        });
        const shown = `${code}: ${tool}, asked for by ${requester.name ?? requester.id}`;
        return { isAsTold: status === 202, shown: `${shown}\n${status} ${JSON.stringify(body)}` };
      },
    },
    {
      told: 'The call runs, and the agent collects its answer with sallyport_await_approval.',
      async play() {
        collected = await collectAs(stack, 'alice', demand(approval));
        const isAsTold = !collected.isError && collected.text.includes(`"refunded":${REFUND}`);
        return { isAsTold, shown: collected.text };
      },
    },
    {
      told: 'The same call again gets the same answer: it ran exactly once.',
      async play() {
        const again = await refund();
        const refunded = await refundedOf(stack, demand(purchase));
        const isAsTold = again.text === demand(collected).text && refunded === REFUND;
        return { isAsTold, shown: `refunded: ${refunded}` };
      },
    },
  ];
}
