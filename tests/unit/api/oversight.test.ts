/** What operators ask over the API: shapes, statuses, and that `attention` is no approval id. */
import { describe, expect, it } from 'vitest';
import type { ResolutionRefusal } from '../../../shared/approvals/oversight.ts';
import { proves } from '../../requirements.ts';
import { APPROVAL, type Ask, createInbox, createOversight, createScene, type RecordingOversight } from './api-scene.ts';

const scene = (oversight: RecordingOversight) => createScene(createInbox(), undefined, oversight);
const resolve = (body: unknown, as: Ask['as'] = 'bob'): Ask => ({
  method: 'POST',
  path: `/api/approvals/${APPROVAL}/resolution`,
  body,
  as,
});
const good = { outcome: 'done', reason: 'The refund stands in the ledger.' };

describe('GET /api/approvals/attention', () => {
  it(proves('oversight.commands', 'lists what needs a person, and how much there is'), async () => {
    const oversight = createOversight();
    const { status, body } = await scene(oversight).ask({ path: '/api/approvals/attention?limit=1', as: 'bob' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { approvals: [{ id: APPROVAL, state: 'unknown', attention: 'unknown outcome' }], total: 3 },
    });
    expect(oversight.asked).toMatchObject([{ limit: 1, person: { channel: 'api', groups: ['finance'] } }]);
  });

  it.each(['limit=0', 'limit=201', 'limit=all', 'page=2'])('refuses ?%s', async (query) => {
    const oversight = createOversight();
    const { status } = await scene(oversight).ask({ path: `/api/approvals/attention?${query}`, as: 'bob' });
    expect({ status, asked: oversight.asked }).toEqual({ status: 400, asked: [] });
  });
});

describe('POST /api/approvals/{id}/resolution', () => {
  it(proves('oversight.commands', 'passes on what became of it, and how that is known'), async () => {
    const oversight = createOversight();
    const { status, body } = await scene(oversight).ask(resolve(good));
    expect({ status, body }).toEqual({ status: 200, body: { approval: APPROVAL, state: 'done' } });
    expect(oversight.asked[0]?.resolution).toEqual({ approval: APPROVAL, ...good });
  });

  it.each<readonly [string, unknown]>([
    ['no outcome', { reason: 'r' }],
    ['an outcome that is none', { ...good, outcome: 'unknown' }],
    ['no reason', { outcome: 'done' }],
    ['a blank reason', { ...good, reason: ' ' }],
    ['a reason too long', { ...good, reason: 'x'.repeat(501) }],
    ['a key that is not known', { ...good, approval: 'other' }],
  ])('refuses %s', async (_name, body) => {
    const oversight = createOversight();
    const { status } = await scene(oversight).ask(resolve(body));
    expect({ status, asked: oversight.asked }).toEqual({ status: 400, asked: [] });
  });

  it.each<readonly [ResolutionRefusal, number]>([
    ['not-found', 404],
    ['not-unknown', 409],
    ['reason', 400],
    ['unavailable', 503],
  ])(proves('oversight.commands', 'tells the refusal %s as %i'), async (code, status) => {
    const answer = await scene(createOversight({ kind: 'refused', code })).ask(resolve(good));
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  });
});

it.each<readonly [string, Ask]>([
  ['looks', { path: '/api/approvals/attention', as: 'bot' }],
  ['resolves', resolve(good, 'bot')],
])('an app that %s is refused', async (_name, ask) => {
  const oversight = createOversight();
  const answer = await scene(oversight).ask(ask);
  expect(answer).toMatchObject({ status: 403, body: { error: { code: 'people-only' } } });
  expect(oversight.asked).toEqual([]);
});
