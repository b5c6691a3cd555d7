import { describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/approvals/approval.ts';
import { createCard } from '../../../shared/approvals/card.ts';
import { shortCodeOf } from '../../../shared/approvals/short-code.ts';
import { proves } from '../../requirements.ts';
import { makeApproval } from './approval-fixture.ts';
import { takeApart } from './card-parts.ts';

const publicUrl = 'https://gateway.example';

function cardOf(more: Partial<Approval> = {}, mayReply = true) {
  return createCard(makeApproval(more), { publicUrl, mayReply });
}

/** As many bytes as the flow gets. */
function sizeOf(card: ReturnType<typeof createCard>): number {
  return Buffer.byteLength(JSON.stringify(card));
}

describe('a card', () => {
  it(proves('teams.card', 'shows who asks for what through whom, why it waits, until when, and its code'), () => {
    const approval = makeApproval({ justification: 'The customer called twice.' });
    const { runs, blocks, urls } = takeApart(createCard(approval, { publicUrl, mayReply: true }));
    const code = shortCodeOf(approval.id);
    expect(runs).toEqual([
      'refund_payment',
      'crm',
      'Alice (user 5a11e000-0000-4000-8000-0000000000b1)',
      'assistant (app 5a11e000-0000-4000-8000-0000000000c1)',
      'Refunds over 500 need finance.',
      '2026-11-22 13:00 UTC',
      code,
      '{',
      '\u00a0\u00a0"amount": 900',
      '}',
      'The customer called twice.',
      `approve ${code}`,
      ' and, if you like, why',
      `deny ${code}`,
      ' and why',
    ]);
    expect(blocks).toContain('The agent’s own words, verified by nobody');
    expect(urls).toEqual([`https://gateway.example/ui/approvals/${approval.id}`]);
  });

  it(proves('teams.card', 'names only the page where a message in the channel does not count'), () => {
    const { runs, blocks } = takeApart(cardOf({}, false));
    expect(runs.filter((text) => text.startsWith('approve'))).toEqual([]);
    expect(blocks.at(-1)).toMatch(/does not count/);
  });

  it(proves('teams.flow', 'that can be answered asks why: before a denial always'), () => {
    const answer = { card: '0'.repeat(32), round: 1 };
    const card = createCard(makeApproval(), { publicUrl, mayReply: true, answer });
    const { runs, blocks, urls } = takeApart(card);
    expect(blocks.at(-1)).toMatch(/^Approve or deny here, or on its page/);
    expect(runs.filter((text) => text.startsWith('approve '))).toEqual([]);
    expect(urls).toHaveLength(1);
    expect(card.actions).toMatchObject([
      { type: 'Action.ShowCard', card: { body: [{ id: 'approveReason', isRequired: false, maxLength: 500 }] } },
      { type: 'Action.ShowCard', card: { body: [{ id: 'denyReason', isRequired: true, maxLength: 500 }] } },
      { type: 'Action.OpenUrl' },
    ]);
  });

  it('names the policies where they gave no reason', () => {
    expect(takeApart(cardOf({ reasons: [] })).runs).toContain('big-refunds');
  });

  it('shows numbers exactly', () => {
    expect(takeApart(cardOf({ preview: '{"n":9007199254740993,"m":1.0}' })).runs).toEqual(
      expect.arrayContaining(['\u00a0\u00a0"n": 9007199254740993,', '\u00a0\u00a0"m": 1.0']),
    );
  });

  it('says that arguments are cut: in the row already, by lines, by length', () => {
    const cut = /cut here/;
    expect(takeApart(cardOf()).blocks.join()).not.toMatch(cut);
    for (const preview of [
      '{"amount":900,"note":"a text that was cu',
      JSON.stringify({ list: Array.from({ length: 100 }, (_, index) => index) }),
      JSON.stringify({ note: 'x'.repeat(3_990) + '\u202e'.repeat(300) }),
    ]) {
      expect(takeApart(cardOf({ preview })).blocks.join()).toMatch(cut);
    }
  });

  it(
    proves('teams.card-inert', 'shows what is hidden, and keeps line breaks and runs of spaces from faking a row'),
    () => {
      const justification = `Fine.\nExpires${' '.repeat(40)}never\u202etpircs\u200b [ok](https://evil.example) <at>all</at> {{DATE(2030-01-01T00:00:00Z)}}`;
      const { runs, blocks, urls, others } = takeApart(cardOf({ justification }));
      expect(runs).toContain(
        'Fine. ⏎ Expires ⟨40 spaces⟩ never⟨U+202E⟩tpircs⟨U+200B⟩ [ok](https://evil.example) <at>all</at> { {DATE(2030-01-01T00:00:00Z)}}',
      );
      expect([...blocks, ...urls, ...others].filter((text) => /evil|<at>|Fine/.test(text))).toEqual([]);
    },
  );

  it(proves('teams.card-size', 'fits into a message with the worst of everything'), () => {
    for (const filler of ['"', '\u202e', '\\', '😀', '漢', 'a', '\u0001']) {
      const long = filler.repeat(20_000);
      const { requester } = makeApproval();
      const card = cardOf({
        tool: long,
        server: long,
        justification: long,
        reasons: Array.from({ length: 60 }, () => long),
        preview: JSON.stringify(Array.from({ length: 400 }, () => filler.repeat(3))).slice(0, 4_000),
        requester: { ...requester, principal: { ...requester.principal, name: long }, agent: { id: long, name: long } },
      });
      expect(sizeOf(card)).toBeLessThan(24 * 1_024);
      const answer = { card: 'f'.repeat(32), round: 5 };
      const actions = createCard(makeApproval(), { publicUrl, mayReply: false, answer }).actions;
      // Whatever the call is: as many bytes for each card, and all of them within what Teams takes.
      expect(sizeOf(card) + Buffer.byteLength(JSON.stringify(actions))).toBeLessThan(26 * 1_024);
    }
  });
});
