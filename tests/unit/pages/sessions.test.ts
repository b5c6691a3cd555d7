import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry, SessionRef } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import { createDeskScene, type DeskScene } from '../sessions/desk-scene.ts';
import { callFacts, intent, outcome, SESSION } from '../sessions/story-lines.ts';
import { BOB, type Browser, createBrowser, createScene, type Scene } from './pages-scene.ts';

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
const card = { class: 'card', outcome: 'masked', count: 2 } as const;

let desk: DeskScene;
let scene: Scene;
let browser: Browser;

beforeEach(async () => {
  desk = await createDeskScene();
  desk.audits.set(BOB, ['crm']);
  scene = await createScene({ desk: desk.desk });
  browser = createBrowser(scene);
  await browser.signIn();
});

async function recordStory(): Promise<void> {
  await desk.record(
    session,
    intent('one'),
    outcome('one', {
      exposure: [card],
      message: { result: { content: [{ type: 'text', text: 'Zoë pays with [masked:card]\nand more' }] } },
    }),
    {
      kind: 'approval',
      approval: 'a-1',
      event: 'held',
      call: callFacts('two', 'refund_payment'),
      decision: { verdict: 'hold', policies: ['refunds-over-500'], quorums: ['finance'], reasons: ['Over 500'] },
      reason: 'charged twice',
      request: { name: 'refund_payment', arguments: { amount: 900 } },
    },
    {
      kind: 'approval',
      approval: 'a-1',
      event: 'decided',
      verdict: 'approve',
      reason: 'checked',
      by: { principal: { kind: 'user', id: BOB, name: 'bob', guest: false }, channel: 'page' },
    },
  );
  await desk.seal();
}

describe('the list of sessions', () => {
  it(proves('sessions.page', 'says who did what where, with what was delivered, and leads to each'), async () => {
    await recordStory();
    const { status, text } = await browser.get('/ui/sessions');
    expect(status).toBe(200);
    expect(text).toContain(`href="/ui/sessions/${SESSION}"`);
    expect(text).toContain('1 call, 1 held');
    expect(text).toMatch(/card<\/bdi> 2 masked/);
    expect(text).not.toMatch(/<script|onclick|style="/);
  });

  it.each([
    ['person=alice', true],
    ['person=ALI', true],
    ['person=mallory', false],
    ['agent=assist', true],
    ['tool=refund_payment', true],
    ['tool=refund', false],
    ['decision=hold', true],
    ['decision=deny', false],
    ['class=card', true],
    ['class=card&outcome=revealed', false],
    ['server=crm', true],
    ['server=_gateway', false],
    ['since=2026-11-22&until=2026-11-22', true],
    ['since=2026-11-23', false],
    ['until=2026-11-21', false],
  ])(proves('sessions.filter', '?%s finds it: %s'), async (query, isFound) => {
    await recordStory();
    const { status, text } = await browser.get(`/ui/sessions?${query}`);
    expect(status).toBe(200);
    expect(text.includes(`/ui/sessions/${SESSION}`)).toBe(isFound);
  });

  it('a field that makes no sense is named, and nothing is looked for', async () => {
    const { status, text } = await browser.get('/ui/sessions?since=yesterday&decision=perhaps');
    expect(status).toBe(422);
    expect(text).toContain('Check since, decision');
    expect(desk.looks).toEqual([]);
  });

  it('goes on page by page until there is nothing older', async () => {
    for (let n = 0; n < 30; n += 1) {
      const id = `k1-${String(n).padStart(32, '0')}`;
      await desk.record({ ...session, id }, intent('one'));
    }
    await desk.seal();
    const seen: string[] = [];
    let path: string | undefined = '/ui/sessions?tool=search_customers';
    for (let pages = 0; path !== undefined && pages < 5; pages += 1) {
      const { text } = await browser.get(path);
      seen.push(...[...text.matchAll(/href="\/ui\/sessions\/(k1-[0-9]+)"/g)].map(([, id = '']) => id));
      path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen).toHaveLength(30);
    expect(new Set(seen).size).toBe(30);
    expect(seen[0]).toBe(`k1-${'29'.padStart(32, '0')}`);
  });
});

describe('one session', () => {
  it(
    proves(
      'sessions.page',
      'is a timeline, each call to be opened, masked parts marked, approvals where they happened',
    ),
    async () => {
      await recordStory();
      const { status, text } = await browser.get(`/ui/sessions/${SESSION}`);
      expect(status).toBe(200);
      expect(text).toContain('Verified, sealed through seal 1');
      expect(text).toContain('<mark class="masked"><bdi>[masked:card]</bdi></mark>');
      expect(text).toContain('refunds-over-500');
      expect(text).toContain('charged twice');
      expect(text).toMatch(/Approved by <bdi>bob/);
      const order = ['search_customers', 'refund_payment', 'Approved by'].map((words) => text.indexOf(words));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(text.match(/<details>/g)?.length).toBeGreaterThanOrEqual(3);
    },
  );

  it(
    proves('sessions.proof', 'newer records than the last seal are said to be, at the session and at each'),
    async () => {
      await recordStory();
      await desk.record(session, intent('five'));
      const { text } = await browser.get(`/ui/sessions/${SESSION}`);
      expect(text).toContain('some is not sealed yet');
      expect(text.match(/<span class="badge ended">Not sealed<\/span>/g)).toHaveLength(1);
    },
  );

  it(proves('sessions.proof', 'what does not verify is not shown, and is named with its record'), async () => {
    await recordStory();
    const [path = ''] = [...desk.store.content.keys()].filter((name) => name.includes(SESSION));
    const bytes = desk.store.content.get(path) ?? Buffer.alloc(0);
    desk.store.content.set(path, Buffer.from(bytes.toString('utf8').replace('charged twice', 'charged three')));
    const { text } = await browser.get(`/ui/sessions/${SESSION}`);
    expect(text).toContain('Something does not verify');
    expect(text).toMatch(/chain-broken|signature-invalid/);
    expect(text).not.toContain('charged three');
  });

  it(proves('sessions.proof', 'a segment that was sealed and is gone is told of'), async () => {
    await recordStory();
    const [path = ''] = [...desk.store.content.keys()].filter((name) => name.includes(SESSION));
    desk.store.content.delete(path);
    const { text } = await browser.get(`/ui/sessions/${SESSION}`);
    expect(text).toContain('segment-missing');
    expect(text).not.toContain('Verified, sealed');
  });

  it('one that no seal covers yet is found by its day', async () => {
    await desk.record(session, intent('one'));
    const { status, text } = await browser.get(`/ui/sessions/${SESSION}`);
    expect(status).toBe(200);
    expect(text).toContain('no seal stands yet');
    expect(text).toContain('No outcome yet');
  });

  it('what callers and upstreams wrote is text: no markup, nothing unseen, nothing that reorders', async () => {
    const hostile = '<img src=x onerror=alert(1)>"\'\u202Egnp.exe\u200B</script><script>alert(2)</script>';
    await desk.record(
      session,
      intent('one', {
        call: { ...callFacts('one', hostile), principal: { kind: 'user', id: 'x', name: hostile, guest: true } },
        justification: hostile,
        request: { name: hostile, arguments: { [hostile]: hostile } },
        decision: { verdict: 'allow', policies: [hostile], reasons: [hostile], quorums: [hostile] },
      }),
      outcome('one', {
        status: 'error',
        message: { result: { content: [{ type: 'text', text: hostile }], structuredContent: { a: hostile } } },
        error: { code: hostile, detail: hostile },
      }),
      { kind: 'refusal', stage: 'read', code: hostile, detail: hostile, address: hostile },
      { kind: 'administration', action: hostile, detail: hostile },
    );
    await desk.seal();
    for (const path of ['/ui/sessions', `/ui/sessions/${SESSION}`]) {
      const { text, status } = await browser.get(path);
      expect(status).toBe(200);
      expect(text).not.toMatch(/<img|<script|\u202E|\u200B/);
      expect(text).toContain('&lt;img src=x');
    }
    const filled = await browser.get(`/ui/sessions?person=${encodeURIComponent(hostile)}`);
    expect(filled.status).toBe(200);
    expect(filled.text).not.toMatch(/<img|<script/);
  });

  it('large content is on its record’s own page, from its side blob', async () => {
    const large = { text: 'Zoë '.repeat(40_000) };
    const entry: Entry = outcome('one', { message: large });
    await desk.record(session, intent('one'), entry);
    await desk.seal();
    const { text } = await browser.get(`/ui/sessions/${SESSION}`);
    expect(text).toContain('show it by itself');
    const [, record] = /href="(\/ui\/sessions\/[^"]+\?record=[0-9a-f-]+)"/.exec(text) ?? [];
    const alone = await browser.get(record ?? '');
    expect(alone.status).toBe(200);
    expect(alone.text).toContain('Zoë Zoë Zoë');
    expect(alone.text.length).toBeGreaterThan(150_000);
    expect((await browser.get(`/ui/sessions/${SESSION}?record=nothing-1`)).status).toBe(404);
  });

  it('a long one has pages, each with the content of its own items', async () => {
    const calls = Array.from({ length: 130 }, (_, n) => [
      intent(`c${n}`, { request: { name: 'search_customers', arguments: { query: `query ${n}.` } } }),
      outcome(`c${n}`),
    ]);
    await desk.record(session, ...calls.flat());
    await desk.seal();
    const last = await browser.get(`/ui/sessions/${SESSION}?page=3`);
    expect(last.text).toContain('Page 3 of 3, 130 in all');
    expect(last.text).toContain('query 129.');
    expect(last.text).not.toContain('query 99.');
  });
});

describe('who may look', () => {
  it(
    proves('sessions.audit-only', 'without audit on a server its sessions are as if they were not there'),
    async () => {
      await recordStory();
      const nothing = await browser.get(`/ui/sessions/k1-${'f'.repeat(32)}`);
      expect(nothing.status).toBe(404);
      desk.audits.set(BOB, ['_gateway']);
      const foreign = await browser.get(`/ui/sessions/${SESSION}`);
      expect([foreign.status, foreign.text]).toEqual([404, nothing.text]);
      const list = await browser.get('/ui/sessions');
      expect(list.text).not.toContain(SESSION);
      desk.audits.delete(BOB);
      expect((await browser.get('/ui/sessions')).status).toBe(404);
      expect(desk.looks.filter(({ what }) => what === 'session')).toEqual([]);
    },
  );

  it(
    proves('sessions.read-recorded', 'who looks is on record before anything is shown, and nothing is shown otherwise'),
    async () => {
      await recordStory();
      await browser.get('/ui/sessions?tool=refund_payment&since=2026-11-20');
      await browser.get(`/ui/sessions/${SESSION}`);
      expect(desk.looks).toEqual([
        { what: 'sessions', server: 'crm', subject: 'tool=refund_payment since=2026-11-20T00:00:00.000Z', by: BOB },
        { what: 'session', server: 'crm', subject: SESSION, by: BOB },
      ]);
      desk.recordFailure = new Error('storage is down');
      for (const path of ['/ui/sessions', `/ui/sessions/${SESSION}`]) {
        const { status, text } = await browser.get(path);
        expect(status).toBe(500);
        expect(text).not.toContain('refund_payment');
      }
    },
  );

  it.each(['../crm', 'k1-%00', 'K1-UPPER', 'a'.repeat(200)])('an id that is none, %s, reaches no store', async (id) => {
    expect((await browser.get(`/ui/sessions/${encodeURIComponent(id)}`)).status).toBe(404);
  });
});
