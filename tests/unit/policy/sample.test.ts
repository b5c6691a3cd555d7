import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../shared/config/load-config.ts';
import type { JsonObject } from '../../../shared/json/value.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import type { Asker, Decision, PolicyEngine } from '../../../shared/policy/engine.ts';
import { proves } from '../../requirements.ts';

const SUPPORT = ['search_customers', 'get_customer', 'refund_payment', 'delete_customer'];
const ALL = [...SUPPORT, 'run_query', 'export_customers'];

async function loadSample(): Promise<PolicyEngine> {
  const folder = new URL('../../../infra/config', import.meta.url).pathname;
  const config = await loadConfig({ folder, variables: () => 'http://127.0.0.1:1/mcp' });
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const engine = createPolicyEngine(config.value);
  if (!engine.ok) throw new Error(JSON.stringify(engine.error));
  return engine.value;
}

const engine = await loadSample();

function person(suffix: string, ...groups: string[]): Asker {
  return {
    principal: { kind: 'user', id: `5a11e000-0000-4000-8000-0000000000${suffix}`, guest: false },
    agent: { id: '5a11e000-0000-4000-8000-0000000000c1' },
    groups,
    request: { timeMs: 0, address: 'unknown', era: 'modern' },
  };
}

const alice = person('b1', 'support');
const bob = person('b2', 'finance');
const carol = person('b3', 'auditors');
const dave = person('b4', 'administrators');
const mallory = person('b5');
const bot: Asker = {
  ...person('d2'),
  principal: { kind: 'app', id: '5a11e000-0000-4000-8000-0000000000d2', guest: false },
  agent: { id: '5a11e000-0000-4000-8000-0000000000c2' },
};

const GIVEN: Readonly<Record<string, JsonObject>> = {
  search_customers: { query: 'Ada' },
  get_customer: { customer_id: 'C-1001' },
  refund_payment: { payment_id: 'P-50001', amount: 500 },
  delete_customer: { customer_id: 'C-1001' },
  run_query: { sql: 'select 1' },
  export_customers: { format: 'csv' },
};

const call = (asker: Asker, tool: string, given = GIVEN[tool] ?? {}): Decision =>
  engine.decideCall(asker, { server: 'crm', tool, arguments: given });
const refund = (asker: Asker, amount: number): Decision => call(asker, 'refund_payment', { payment_id: 'P', amount });
const seenBy = (asker: Asker): string[] => ALL.filter((tool) => engine.mayList(asker, 'crm', tool));
const allowedTo = (asker: Asker): string[] => ALL.filter((tool) => call(asker, tool).verdict === 'allow');

describe('the sample policies', () => {
  it(proves('policy.sample', 'let alice of support work with customers, and see no more than that'), () => {
    expect(seenBy(alice)).toEqual(SUPPORT);
    expect(allowedTo(alice)).toEqual(['search_customers', 'get_customer', 'refund_payment']);
    expect(call(alice, 'run_query')).toMatchObject({ verdict: 'deny', code: 'policy' });
    expect(call(alice, 'export_customers')).toMatchObject({ verdict: 'deny', code: 'policy' });
  });

  it(proves('policy.sample', 'hold a refund over 500 and a deletion for finance, and deny one over 5000'), () => {
    expect(refund(alice, 500).verdict).toBe('allow');
    expect(refund(alice, 501)).toEqual({
      verdict: 'hold',
      quorums: ['finance'],
      policies: ['refunds-over-500-need-finance'],
      reasons: ['A refund over 500 needs the approval of one person from finance.'],
    });
    expect(refund(alice, 5000).verdict).toBe('hold');
    expect(refund(alice, 5001)).toMatchObject({ verdict: 'deny', code: 'policy' });
    expect(call(alice, 'delete_customer')).toMatchObject({ verdict: 'hold', quorums: ['finance'] });
  });

  it(proves('policy.sample', 'let bob of finance read and query, but refund and delete nothing himself'), () => {
    const reads = ['search_customers', 'get_customer', 'run_query'];
    expect(seenBy(bob)).toEqual(reads);
    expect(allowedTo(bob)).toEqual(reads);
    expect(refund(bob, 1)).toMatchObject({ verdict: 'deny', code: 'policy' });
    expect(refund(bob, 600)).toMatchObject({ verdict: 'deny', code: 'policy' });
  });

  it(proves('policy.sample', 'let the reporting bot search and export, and nobody else export'), () => {
    expect(seenBy(bot)).toEqual(['search_customers', 'export_customers']);
    expect(allowedTo(bot)).toEqual(['search_customers', 'export_customers']);
    expect(
      [alice, bob, carol, dave, mallory].filter((asker) => call(asker, 'export_customers').verdict === 'allow'),
    ).toEqual([]);
  });

  it(proves('policy.sample', 'give auditors, administrators and mallory no call at all'), () => {
    for (const asker of [carol, dave, mallory]) {
      expect(seenBy(asker)).toEqual([]);
      expect(allowedTo(asker)).toEqual([]);
      expect(engine.mayUse(asker, 'crm')).toBe(false);
    }
    expect([alice, bob, bot].every((asker) => engine.mayUse(asker, 'crm'))).toBe(true);
  });

  it(proves('policy.sample', 'let bob of finance approve what others ask, and nobody else'), () => {
    const mayApprove = (approver: Asker, requester: Asker): boolean =>
      engine.mayApprove(approver, {
        server: 'crm',
        tool: 'refund_payment',
        requester: requester.principal,
        channel: 'teams-reply',
      });
    expect([alice, bob, carol, dave, mallory, bot].filter((asker) => mayApprove(asker, alice))).toEqual([bob]);
    expect(mayApprove(bob, bot)).toBe(true);
    expect(mayApprove(bob, bob)).toBe(false);
    expect(mayApprove({ ...bob, principal: { ...bob.principal, guest: true } }, alice)).toBe(false);
  });

  it(proves('policy.sample', 'let a refund of 600 run once finance approved, and one of 6000 never'), () => {
    const withFinance = (amount: number): Decision => {
      const given = { payment_id: 'P', amount };
      return engine.decideCall(alice, { server: 'crm', tool: 'refund_payment', arguments: given }, ['finance']);
    };
    expect(withFinance(600)).toMatchObject({ verdict: 'allow' });
    expect(withFinance(6000)).toMatchObject({ verdict: 'deny', policies: ['no-refunds-over-5000'] });
    expect(ALL.filter((tool) => engine.mayHold('crm', tool))).toEqual(['refund_payment', 'delete_customer']);
    expect(ALL.filter((tool) => engine.wantsJustification('crm', tool))).toEqual([]);
  });

  it(proves('policy.sample', 'let carol audit and review every server, and dave administer'), () => {
    const people = [alice, bob, carol, dave, mallory, bot];
    for (const server of ['crm', '_gateway']) {
      expect(people.filter((asker) => engine.mayDo(asker, 'audit', server))).toEqual([carol]);
      expect(people.filter((asker) => engine.mayDo(asker, 'review', server))).toEqual([carol]);
      expect(people.filter((asker) => engine.mayDo(asker, 'administer', server))).toEqual([dave]);
    }
  });

  it(proves('policy.sample', 'give a guest nothing, whatever the group'), () => {
    const guest: Asker = { ...alice, principal: { ...alice.principal, guest: true } };
    expect(seenBy(guest)).toEqual([]);
    expect(call(guest, 'get_customer')).toMatchObject({ policies: ['no-guests'] });
  });
});
