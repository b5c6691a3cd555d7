/** What alice’s agent may do without asking anybody, and what nobody’s approval would lift. */
import { callAs } from './agent.ts';
import { findPurchase, type Purchase } from './payments.ts';
import { demand, PERSONAL_DATA, type Scene, type Step, shorten } from './step.ts';

export function workSteps({ stack }: Scene): Step[] {
  let purchase: Purchase | undefined;
  return [
    {
      told: 'Her agent searches for a customer: what comes back is masked.',
      async play() {
        const { text } = await callAs(stack, 'alice', 'search_customers', { query: 'a', limit: 1 });
        return { isAsTold: text.includes('[masked:') && !PERSONAL_DATA.test(text), shown: shorten(text) };
      },
    },
    {
      told: 'It looks up a customer’s payments, to refund one.',
      async play() {
        purchase = await findPurchase(stack);
        return { isAsTold: true, shown: `customer ${purchase.customer}, payment ${purchase.small}` };
      },
    },
    {
      told: 'A small refund just runs.',
      async play() {
        const { small } = demand(purchase);
        const { text } = await callAs(stack, 'alice', 'refund_payment', { payment_id: small, amount: 1 });
        return { isAsTold: text.includes(`"${small}"`) && text.includes('refunded'), shown: shorten(text) };
      },
    },
    {
      told: 'A refund over 5000 is denied, whoever would approve it.',
      async play() {
        const args = { payment_id: demand(purchase).payment, amount: 6_000 };
        const { text } = await callAs(stack, 'alice', 'refund_payment', args);
        return { isAsTold: text.startsWith('Denied by policy'), shown: text };
      },
    },
  ];
}
