/**
 * The whole CRM as one JSON or CSV text, made in portions so that progress can be told between them.
 * CSV follows RFC 4180: one line a payment, with its customer's columns in front.
 */
import { setImmediate } from 'node:timers/promises';
import type { CrmDatabase, CustomerRow, PaymentRow } from './database.ts';

export const exportFormats = ['json', 'csv'] as const;

export interface Export {
  readonly format: (typeof exportFormats)[number];
  readonly customers: number;
  readonly payments: number;
  readonly data: string;
}

const portion = 250;

export async function makeExport(
  format: Export['format'],
  database: Pick<CrmDatabase, 'allCustomers' | 'allPayments'>,
  progress: (done: number, total: number) => Promise<void>,
): Promise<Export> {
  const customers = database.allCustomers();
  const payments = database.allPayments();
  const paymentsOf = Map.groupBy(payments, (payment) => payment.customer_id);
  const lines: string[] = [];
  for (let done = 0; done < customers.length; ) {
    for (const customer of customers.slice(done, done + portion)) {
      const own = paymentsOf.get(customer.id) ?? [];
      if (format === 'json') lines.push(JSON.stringify({ ...customer, payments: own }));
      else lines.push(...own.map((payment) => csvLine(customer, payment)));
    }
    done = Math.min(done + portion, customers.length);
    await progress(done, customers.length);
    await setImmediate();
  }
  const data = format === 'json' ? `[${lines.join(',\n')}]` : [csvHeader, ...lines, ''].join('\r\n');
  return { format, customers: customers.length, payments: payments.length, data };
}

const csvHeader = 'customer,name,email,phone,ssn,card,city,notes,payment,amount,refunded,paid_on,description';

function csvLine(customer: CustomerRow, payment: PaymentRow): string {
  const { id, name, email, phone, ssn, card, city, notes } = customer;
  const { id: paymentId, amount, refunded, paid_on, description } = payment;
  return [id, name, email, phone, ssn, card, city, notes, paymentId, amount, refunded, paid_on, description]
    .map((value) => csvField(String(value)))
    .join(',');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
