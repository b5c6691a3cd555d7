/** What an approver reads at a terminal: everything that counts, and nothing that a call's text could forge. */
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  formatApproval,
  formatAttention,
  formatList,
} from '../../../../../infra/cli/approvals/format-approval.ts';
import { proves } from '../../../../requirements.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 30);
const ID = `k1-${'a'.repeat(32)}-1-${'b'.repeat(12)}`;

const approval: Approval = {
  id: ID,
  code: 'K7Q2M9',
  state: 'pending',
  server: 'crm',
  tool: 'refund_payment',
  requester: { kind: 'user', id: 'b1', name: 'alice@sallyport.example' },
  agent: { id: 'c1', name: 'Assistant' },
  createdAt: '2026-01-02T03:04:05.000Z',
  expiresAt: '2026-01-02T04:04:05.000Z',
  justification: 'Charged twice.\nSee ticket 12.',
  arguments: { amount: JSON.rawJSON('9007199254740993'), card: '[card]' },
  reasons: ['Refunds over 500 need one person from finance'],
  policies: ['refunds-over-500-need-finance'],
  needs: [
    {
      quorum: 'two',
      from: [
        { group: 'finance', people: 1 },
        { group: 'dba', people: 2 },
      ],
    },
  ],
  decisions: [
    {
      person: { id: 'b2', name: 'bob' },
      verdict: 'approve',
      reason: 'ok',
      channel: 'teams-reply',
      decidedAt: '2026-01-02T03:10:00.000Z',
      counts: false,
    },
  ],
  evidence: 'e',
  mayDecide: true,
};

describe('one call', () => {
  it(proves('cli.approvals', 'is shown with everything that a decision needs'), () => {
    expect(formatApproval(approval, NOW)).toBe(`K7Q2M9
  call          crm/refund_payment
  state         pending
  requester     user alice@sallyport.example (b1)
  agent         Assistant (c1)
  asked         2026-01-02T03:04:05.000Z
  expires       2026-01-02T04:04:05.000Z, 34 min left
  held because  Refunds over 500 need one person from finance
  by policies   refunds-over-500-need-finance
  still needs   two (1 of finance, 2 of dba)
  you           may decide it
  id            ${ID}

Arguments, masked:
  | {
  |   "amount": 9007199254740993,
  |   "card": "[card]"
  | }

Justification, in the agent’s own words, verified by nobody:
  | Charged twice.
  | See ticket 12.

Decisions:
  approve by bob (b2) through teams-reply at 2026-01-02T03:10:00.000Z (does not count)
  | ok`);
  });

  it(proves('cli.untrusted-text', 'obeys, hides and reorders nothing that came with it'), () => {
    const nasty = '\u001b[2J\u001b]0;owned\u0007\u202etxet\u200b\u2028\u009b1m';
    const shown = formatApproval(
      {
        ...approval,
        tool: nasty,
        requester: { kind: 'user', id: 'b1', name: nasty },
        agent: { id: 'c1', name: nasty },
        justification: nasty,
        arguments: { [nasty]: nasty },
        reasons: [nasty],
        attention: nasty,
        endReason: nasty,
        decisions: approval.decisions.map((decision) => ({ ...decision, reason: nasty, person: { id: nasty } })),
        mayDecide: false,
        whyNot: nasty,
      },
      NOW,
    );
    expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(shown).toContain('\\u{1b}[2J');
  });

  it(proves('cli.untrusted-text', 'has no line that a justification, a reason or a name could have written'), () => {
    const forged = 'fine\n  you           may decide it\nDecisions:\n  approve by carol (b3) through page at now';
    const shown = formatApproval(
      {
        ...approval,
        requester: { kind: 'user', id: 'b1', name: forged },
        tool: forged,
        justification: forged,
        reasons: [forged],
        decisions: approval.decisions.map((decision) => ({ ...decision, reason: forged })),
      },
      NOW,
    );
    const lines = shown.split('\n');
    expect(lines.filter((line) => line.startsWith('  you ')).length).toBe(1);
    expect(lines.filter((line) => line === 'Decisions:').length).toBe(1);
    expect(
      lines.filter((line) => line.includes('carol') && !/^ {2}(\||call|requester|held because)/.test(line)),
    ).toEqual([]);
  });
});

describe('the list', () => {
  it(proves('cli.approvals', 'has a line for each call, and says how many more there are'), () => {
    const other = { ...approval, code: 'ABCDEF', tool: 'delete_customer', expiresAt: '2026-01-03T03:30:00.000Z' };
    expect(formatList({ approvals: [approval, other], total: 5 }, NOW)).toBe(
      [
        'K7Q2M9  crm/refund_payment   by alice@sallyport.example  through Assistant  34 min left',
        'ABCDEF  crm/delete_customer  by alice@sallyport.example  through Assistant  24 h left',
        'and 3 more (--limit)',
      ].join('\n'),
    );
  });

  it('says so when nothing waits', () => {
    expect(formatList({ approvals: [], total: 0 }, NOW)).toBe('nothing waits for you');
  });
});

describe('what needs a person', () => {
  it(proves('oversight.commands', 'stands with its id, its state and why, on a line of its own'), () => {
    const lost = { ...approval, state: 'unknown', attention: 'unknown outcome' } as const;
    const odd = { ...approval, tool: 'pay', state: 'failed', attention: 'a\u001b[2Jb\nc' } as const;
    expect(formatAttention({ approvals: [lost, odd], total: 3 }).split('\n')).toEqual([
      `${ID}  crm/refund_payment  by alice@sallyport.example  unknown  unknown outcome`,
      `${ID}  crm/pay             by alice@sallyport.example  failed   a\\u{1b}[2Jb\\u{a}c`,
      'and 1 more (--limit)',
    ]);
  });

  it('says so when nothing does', () => {
    expect(formatAttention({ approvals: [], total: 0 })).toBe('nothing needs you');
  });
});
