/** What the inbox says, as the API says it: shapes, statuses, and nothing besides. */
import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { APPROVAL, CODE, createInbox, createScene, view } from './api-scene.ts';

const decide = (body: unknown, id = APPROVAL) =>
  ({ method: 'POST', path: `/api/approvals/${id}/decisions`, body, as: 'bob' }) as const;
const good = { verdict: 'approve', reason: 'Checked with the customer', evidence: 'evidence-1' };

describe('GET /api/approvals', () => {
  it(proves('api.approvals', 'lists what waits, and how many there are in all'), async () => {
    const inbox = createInbox();
    const { status, body } = await createScene(inbox).ask({ path: '/api/approvals?limit=1', as: 'bob' });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        approvals: [
          {
            id: APPROVAL,
            code: CODE,
            state: 'pending',
            server: 'crm',
            tool: 'refund_payment',
            requester: view.requester,
            agent: view.agent,
            createdAt: '2026-01-02T03:04:05.000Z',
            expiresAt: '2026-01-02T04:04:05.000Z',
            justification: view.justification,
          },
        ],
        total: 7,
      },
    });
    expect(inbox.asked[0]?.limit).toBe(1);
  });

  it.each(['limit=0', 'limit=201', 'limit=all', 'limit=1&limit=2', 'limit=1.5', 'page=2', `code=${'x'.repeat(33)}`])(
    'refuses ?%s',
    async (query) => {
      const inbox = createInbox();
      const { status } = await createScene(inbox).ask({ path: `/api/approvals?${query}`, as: 'bob' });
      expect({ status, asked: inbox.asked }).toEqual({ status: 400, asked: [] });
    },
  );

  it.each(['K7Q2M9', 'k7q2m9', 'K7Q-2M9'])(
    proves('api.approvals', 'finds %s, leaving out what is not for the person'),
    async (code) => {
      const { body } = await createScene().ask({ path: `/api/approvals?code=${code}`, as: 'bob' });
      expect(body).toMatchObject({ approvals: [{ id: APPROVAL }], total: 1 });
    },
  );

  it('finds nothing under what is no code', async () => {
    const { body } = await createScene().ask({ path: '/api/approvals?code=%27%20or%201', as: 'bob' });
    expect(body).toEqual({ approvals: [], total: 0 });
  });
});

describe('GET /api/approvals/{id}', () => {
  it(proves('api.approvals', 'shows everything that a decision needs'), async () => {
    const decided = { person: { id: 'b7' }, verdict: 'deny', reason: 'no', channel: 'page', counts: false } as const;
    const shown = {
      ...view,
      arguments: { amount: JSON.rawJSON('9007199254740993'), note: '\u001b[2J' },
      decisions: [{ ...decided, decidedMs: view.createdMs }],
      endedMs: view.expiresMs,
      endReason: 'block',
      attention: 'lost',
      mayDecide: false,
      whyNot: 'It is your own request.',
    };
    const scene = createScene(createInbox({ view: shown }));
    const { status, body } = await scene.ask({ path: `/api/approvals/${APPROVAL}`, as: 'bob' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      reasons: view.reasons,
      policies: view.policies,
      needs: view.needs,
      decisions: [{ ...decided, decidedAt: '2026-01-02T03:04:05.000Z' }],
      evidence: 'evidence-1',
      endedAt: '2026-01-02T04:04:05.000Z',
      endReason: 'block',
      attention: 'lost',
      mayDecide: false,
      whyNot: 'It is your own request.',
    });
  });

  it(proves('api.approvals', 'carries numbers as they are'), async () => {
    const exact = { ...view, arguments: { amount: JSON.rawJSON('9007199254740993') } };
    const { text } = await createScene(createInbox({ view: exact })).ask({
      path: `/api/approvals/${APPROVAL}`,
      as: 'bob',
    });
    expect(text).toContain('"arguments":{"amount":9007199254740993}');
  });

  it.each([
    ['is not there or not for the person', APPROVAL],
    ['is no approval id', 'K7Q2M9'],
    ['would be a path', `..%2F..%2F${APPROVAL}`],
    ['is too long', `${APPROVAL}0`],
  ])(proves('api.approvals', 'says the same of what %s'), async (_name, id) => {
    const { status, body } = await createScene(createInbox({ view: undefined })).ask({
      path: `/api/approvals/${id}`,
      as: 'bob',
    });
    expect({ status, body }).toEqual({
      status: 404,
      body: { error: { code: 'not-found', message: 'There is no such approval, or it is not for you.' } },
    });
  });
});

describe('POST /api/approvals/{id}/decisions', () => {
  it(proves('api.approvals', 'passes on what the person said, with the evidence of what they saw'), async () => {
    const inbox = createInbox();
    const { status, body } = await createScene(inbox).ask(decide(good));
    expect({ status, body }).toEqual({
      status: 202,
      body: { approval: APPROVAL, verdict: 'approve', repeated: false },
    });
    expect(inbox.asked[0]?.input).toEqual({ approval: APPROVAL, ...good });
  });

  it(proves('api.approvals', 'says that a decision was said before'), async () => {
    const inbox = createInbox({ result: { kind: 'taken', verdict: 'approve', isRepeat: true } });
    expect(await createScene(inbox).ask(decide(good))).toMatchObject({ status: 202, body: { repeated: true } });
  });

  it('asks the inbox nothing about what is no approval id', async () => {
    const inbox = createInbox();
    const { status } = await createScene(inbox).ask(decide(good, 'K7Q2M9'));
    expect({ status, asked: inbox.asked }).toEqual({ status: 404, asked: [] });
  });
});
