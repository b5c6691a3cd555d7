/**
 * Payments of the CRM, read through the gateway as alice. Each run of the story takes customers that no run before it
 * touched, so that it can be told again where the data survives: an approved call stays approved for a day.
 */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Stack } from '../stack-file.ts';
import { callAs } from './agent.ts';

export interface Purchase {
  readonly customer: string;
  /** Large, and nothing of it refunded. */
  readonly payment: string;
  /** Of the same customer, with something left. */
  readonly small: string;
}

/** What the story refunds with an approval. */
export const REFUND = 600;

const FIRST_CUSTOMER = 1_001;
const CUSTOMERS = 1_000;
const DRAWS = 50;

const customerSchema = z.object({
  payments: z.array(z.object({ id: z.string(), amount: z.int(), refunded: z.int() })),
});

/** Throws when draws run out. */
export async function findPurchase(stack: Stack): Promise<Purchase> {
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const customer = `C-${FIRST_CUSTOMER + randomInt(CUSTOMERS)}`;
    const payments = await listPayments(stack, customer);
    // Enough for two refunds: one that was made twice would show.
    const large = payments.find(({ amount, refunded }) => refunded === 0 && amount >= 2 * REFUND);
    const small = payments.find((payment) => payment !== large && payment.amount > payment.refunded);
    if (large !== undefined && small !== undefined) return { customer, payment: large.id, small: small.id };
  }
  throw new Error('nearly every payment was refunded: delete the data folder, and start anew');
}

export async function refundedOf(stack: Stack, { customer, payment }: Purchase): Promise<number | undefined> {
  return (await listPayments(stack, customer)).find(({ id }) => id === payment)?.refunded;
}

/** Empty where the customer was deleted. */
async function listPayments(stack: Stack, customer: string): Promise<z.output<typeof customerSchema>['payments']> {
  const { structured } = await callAs(stack, 'alice', 'get_customer', { customer_id: customer });
  const parsed = customerSchema.safeParse(structured);
  return parsed.success ? parsed.data.payments : [];
}

export async function hasCustomer(stack: Stack, { customer }: Purchase): Promise<boolean> {
  return (await listPayments(stack, customer)).length > 0;
}
