/**
 * The CRM's data in SQLite, in memory or in one file: opened, seeded once, and read and changed through these functions.
 * Values are always bound, never spliced into SQL. Free SQL does not run here: see query.ts.
 */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { makeCustomers, makePayments, seedVersion } from './seed.ts';

export const customerSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  phone: z.string(),
  ssn: z.string(),
  card: z.string(),
  city: z.string(),
  notes: z.string(),
});

export const paymentSchema = z.object({
  id: z.string(),
  customer_id: z.string(),
  amount: z.int(),
  refunded: z.int(),
  paid_on: z.string(),
  description: z.string(),
});

export type CustomerRow = z.infer<typeof customerSchema>;
export type PaymentRow = z.infer<typeof paymentSchema>;

export type RefundOutcome =
  | { readonly kind: 'refunded'; readonly payment: PaymentRow }
  | { readonly kind: 'no-payment' }
  | { readonly kind: 'too-much'; readonly left: number };

export interface CrmDatabase {
  search(query: string, limit: number): CustomerRow[];
  customer(id: string): CustomerRow | undefined;
  payments(customerId: string): PaymentRow[];
  allCustomers(): CustomerRow[];
  allPayments(): PaymentRow[];
  /** Takes `amount` dollars off what is left of the payment, or changes nothing and says why. */
  refund(paymentId: string, amount: number): RefundOutcome;
  /** Deletes the customer with the payments; false when there is none. */
  deleteCustomer(id: string): boolean;
  /** Rows changed since it was opened: tells whether a copy is still the same. */
  revision(): number;
  /** The whole database as a file's bytes. */
  copy(): Uint8Array;
  close(): void;
}

export const databaseSchema = `
create table customers (
  id text primary key, name text not null, email text not null, phone text not null,
  ssn text not null, card text not null, city text not null, notes text not null
) strict;
create table payments (
  id text primary key, customer_id text not null references customers (id) on delete cascade,
  amount integer not null, refunded integer not null default 0 check (refunded between 0 and amount),
  paid_on text not null, description text not null
) strict;
create index payments_by_customer on payments (customer_id);
`.trim();

/** Throws when the file cannot be opened or is no database. */
export function openDatabase(file: string | undefined): CrmDatabase {
  const database = new DatabaseSync(file ?? ':memory:');
  try {
    seed(database);
  } catch (cause) {
    database.close();
    throw cause;
  }
  const statements = {
    search: database.prepare(
      `select * from customers where name like :like escape '\\' or email like :like escape '\\' or city like :like escape '\\' order by id limit :limit`,
    ),
    customer: database.prepare('select * from customers where id = ?'),
    payments: database.prepare('select * from payments where customer_id = ? order by id'),
    payment: database.prepare('select * from payments where id = ?'),
    allCustomers: database.prepare('select * from customers order by id'),
    allPayments: database.prepare('select * from payments order by id'),
    refund: database.prepare('update payments set refunded = refunded + :amount where id = :id returning *'),
    deleteCustomer: database.prepare('delete from customers where id = ?'),
    revision: database.prepare('select total_changes() as revision'),
  };
  return {
    search: (query, limit) => customers(statements.search.all({ like: `%${escapeLike(query)}%`, limit })),
    customer: (id) => customers(statements.customer.all(id))[0],
    payments: (customerId) => payments(statements.payments.all(customerId)),
    allCustomers: () => customers(statements.allCustomers.all()),
    allPayments: () => payments(statements.allPayments.all()),
    refund(paymentId, amount) {
      // Synchronous from read to write: no other request of this process runs in between.
      const [payment] = payments(statements.payment.all(paymentId));
      if (payment === undefined) return { kind: 'no-payment' };
      const left = payment.amount - payment.refunded;
      if (amount > left) return { kind: 'too-much', left };
      const [refunded] = payments(statements.refund.all({ id: paymentId, amount }));
      return refunded === undefined ? { kind: 'no-payment' } : { kind: 'refunded', payment: refunded };
    },
    deleteCustomer: (id) => statements.deleteCustomer.run(id).changes === 1,
    revision: () => revisionRow.parse(statements.revision.get()).revision,
    copy: () => database.serialize(),
    close: () => database.close(),
  };
}

const customerRows = z.array(customerSchema);
const paymentRows = z.array(paymentSchema);
const revisionRow = z.object({ revision: z.int() });

const customers = (rows: unknown): CustomerRow[] => customerRows.parse(rows);
const payments = (rows: unknown): PaymentRow[] => paymentRows.parse(rows);

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** One transaction, so a crash in between leaves a file that is seeded from the start at the next run. */
function seed(database: DatabaseSync): void {
  const { user_version: version } = z
    .object({ user_version: z.int() })
    .parse(database.prepare('pragma user_version').get());
  if (version === seedVersion) return;
  database.exec('begin immediate; drop table if exists payments; drop table if exists customers;');
  database.exec(databaseSchema);
  const customer = database.prepare(
    'insert into customers values (:id, :name, :email, :phone, :ssn, :card, :city, :notes)',
  );
  for (const row of makeCustomers()) customer.run({ ...row });
  const payment = database.prepare(
    'insert into payments (id, customer_id, amount, paid_on, description) values (:id, :customer_id, :amount, :paid_on, :description)',
  );
  for (const row of makePayments()) payment.run({ ...row });
  database.exec(`pragma user_version = ${seedVersion}; commit;`);
}
