/** The same in the Teams channel: one request approved by a reply to its card, another denied with a reason. */
import { callAs, collectAs } from './agent.ts';
import { reply, waitForCard } from './channel.ts';
import { findPurchase, hasCustomer, type Purchase, REFUND, refundedOf } from './payments.ts';
import { demand, type Finding, type Scene, type Step } from './step.ts';

const NO = 'The customer has open invoices';

export function channelSteps(scene: Scene): Step[] {
  return [...approval(scene), ...denial(scene)];
}

function approval({ stack }: Scene): Step[] {
  let purchase: Purchase | undefined;
  let held: string | undefined;
  return [
    {
      told: 'Another refund is held, and bob approves it where its card stands: by a signed reply in Teams.',
      async play() {
        purchase = await findPurchase(stack);
        const args = { payment_id: purchase.payment, amount: REFUND };
        held = (await callAs(stack, 'alice', 'refund_payment', args)).approval;
        return answerCard({ stack }, demand(held), 'approve', 'Seen in the ledger');
      },
    },
    {
      told: 'That one runs once too.',
      async play() {
        const { text, isError } = await collectAs(stack, 'alice', demand(held));
        const refunded = await refundedOf(stack, demand(purchase));
        return { isAsTold: !isError && refunded === REFUND, shown: text };
      },
    },
  ];
}

function denial({ stack }: Scene): Step[] {
  let purchase: Purchase | undefined;
  let held: string | undefined;
  return [
    {
      told: 'Deleting a customer is held, and bob denies it.',
      async play() {
        purchase = await findPurchase(stack);
        const { customer } = purchase;
        held = (await callAs(stack, 'alice', 'delete_customer', { customer_id: customer })).approval;
        return answerCard({ stack }, demand(held), 'deny', NO);
      },
    },
    {
      told: 'The agent hears why, and the customer is still there.',
      async play() {
        const { text, isError } = await collectAs(stack, 'alice', demand(held));
        const isDenied = isError && text.startsWith('Denied') && text.includes(NO);
        return { isAsTold: isDenied && (await hasCustomer(stack, demand(purchase))), shown: text };
      },
    },
  ];
}

async function answerCard(
  { stack }: Pick<Scene, 'stack'>,
  held: string,
  verdict: 'approve' | 'deny',
  reason: string,
): Promise<Finding> {
  const card = await waitForCard(stack, held);
  const text = `${verdict} ${card.code} ${reason}`;
  const answer = await reply(stack, card, 'bob', text);
  return { isAsTold: answer.includes(card.code), shown: `bob: @Sallyport ${text}\nSallyport: ${answer}` };
}
