/** The sample's data: nobody real, and shaped so that detectors of the real thing catch it. */
import { describe, expect, it } from 'vitest';
import { makeCustomers, makePayments } from '../../../../../infra/local/crm-server/seed.ts';

const customers = makeCustomers();

describe('the seed', () => {
  it('is the same every time, with unique names, emails, phones and social security numbers', () => {
    expect(makeCustomers()).toEqual(customers);
    for (const key of ['id', 'name', 'email', 'phone', 'ssn'] as const) {
      expect(new Set(customers.map((customer) => customer[key])).size).toBe(customers.length);
    }
  });

  it('names reserved domains and fictional phone numbers only', () => {
    for (const { email, phone } of customers) {
      expect(email).toMatch(/^[a-z]+\.[a-z]+@example\.(com|org|net)$/);
      expect(phone).toMatch(/^\+1-\d{3}-555-01\d{2}$/);
    }
  });

  it('has social security numbers in the form that is issued, from areas that never were', () => {
    for (const { ssn } of customers) {
      const [, area, group, serial] = /^(\d{3})-(\d{2})-(\d{4})$/.exec(ssn) ?? [];
      expect(Number(area)).toBeGreaterThan(772);
      expect(Number(area)).toBeLessThan(900);
      expect(Number(group)).toBeGreaterThan(0);
      expect(Number(serial)).toBeGreaterThan(0);
    }
  });

  it('has card numbers that pass Luhn', () => {
    for (const { card } of customers) expect(luhn(card)).toBe(0);
  });

  it('gives everybody one payment over 500 and some below', () => {
    const byCustomer = Map.groupBy(makePayments(), (payment) => payment.customer_id);
    expect(byCustomer.size).toBe(customers.length);
    for (const payments of byCustomer.values()) {
      expect(payments.filter(({ amount }) => amount > 500)).toHaveLength(1);
      expect(payments.every(({ amount }) => Number.isInteger(amount) && amount > 0 && amount <= 2_000)).toBe(true);
    }
  });
});

function luhn(digits: string): number {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10;
}
