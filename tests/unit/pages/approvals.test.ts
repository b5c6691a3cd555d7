/** What an approver sees, what they send, and what nobody else can make them send. */
import { describe, expect, it } from 'vitest';
import type { DecisionRefusal } from '../../../shared/approvals/inbox.ts';
import { proves } from '../../requirements.ts';
import {
  APPROVAL,
  BOB,
  CLIENT,
  createBrowser,
  createScene,
  PUBLIC_URL,
  START_MS,
  summary,
  TENANT,
  view,
} from './pages-scene.ts';

async function signedIn() {
  const scene = await createScene();
  const browser = createBrowser(scene);
  await browser.signIn();
  return { scene, browser };
}

const PATH = `/ui/approvals/${APPROVAL}`;
const decision = { verdict: 'approve', reason: 'Checked with the customer.', evidence: 'evidence-1' };

describe('the list', () => {
  it(proves('pages.inbox', 'shows who asked through what, for which tool, since when and until when'), async () => {
    const { scene, browser } = await signedIn();
    scene.approvals = [{ ...summary, attention: 'notice', expiresMs: START_MS + 4 * 60_000 }];
    const { text } = await browser.get('/ui/approvals');
    for (const shown of ['1 waiting for you', 'refund_payment', 'crm', 'alice@sallyport.example', 'Assistant']) {
      expect(text).toContain(shown);
    }
    expect(text).toContain('12 minutes ago');
    expect(text).toMatch(/<strong class="soon">Expires .*in 4 minutes/);
    expect(text).toContain('its card could not be posted');
    expect(text).toContain(`href="${PATH}"`);
    expect(scene.listed).toMatchObject([
      {
        limit: 50,
        person: {
          tenant: TENANT,
          principal: { kind: 'user', id: BOB, name: 'bob@sallyport.example', guest: false },
          groups: ['finance'],
          channel: 'page',
          agent: { id: CLIENT },
          address: '203.0.113.7',
        },
      },
    ]);
  });

  it(proves('pages.inbox', 'says when nothing waits'), async () => {
    const { scene, browser } = await signedIn();
    scene.approvals = [];
    expect((await browser.get('/ui/approvals')).text).toContain('Nothing waits for you');
  });

  it(proves('pages.inbox', 'goes through a thousand in pages of fifty'), async () => {
    const { scene, browser } = await signedIn();
    scene.approvals = Array.from({ length: 1_000 }, (_, n) => ({ ...summary, code: `N${n}N` }));
    const first = await browser.get('/ui/approvals');
    expect(first.text).toContain('1,000 waiting for you');
    expect(first.text.match(/<li>/g)).toHaveLength(50);
    expect(first.text).toContain('1 to 50 of 1,000');
    expect(first.text).not.toContain('rel="prev"');
    const last = await browser.get('/ui/approvals?page=20');
    expect(last.text).toContain('N999N');
    expect(last.text).toContain('href="/ui/approvals?page=19"');
    expect(last.text).not.toContain('rel="next"');
    expect((await browser.get('/ui/approvals?page=21')).text).toContain('Nothing on this page');
    for (const odd of ['0', '-1', '1e3', '99999', 'x']) {
      expect((await browser.get(`/ui/approvals?page=${odd}`)).text, odd).toContain('1 to 50 of 1,000');
    }
  });
});

describe('a request', () => {
  it(proves('pages.inbox', 'shows everything that a decision needs'), async () => {
    const { scene, browser } = await signedIn();
    scene.view = {
      ...view,
      needs: [
        {
          quorum: 'big',
          from: [
            { group: 'finance', people: 1 },
            { group: 'dba', people: 2 },
          ],
        },
      ],
      decisions: [
        {
          person: { id: 'x', name: 'carol' },
          verdict: 'approve',
          reason: 'fine by me',
          channel: 'teams-reply',
          decidedMs: START_MS,
          counts: false,
        },
      ],
    };
    const { text } = await browser.get(PATH);
    const shown = text.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    for (const part of [
      'refund_payment on crm',
      'alice@sallyport.example',
      summary.requester.id,
      'Assistant',
      'payment_id',
      'p-1001',
      '[card …4242]',
      'In the agent’s own words. Nobody has verified them. The customer was charged twice.',
      'Refunds over 500 need one person from finance',
      'refunds-over-500-need-finance',
      '1 person from finance and 2 people from dba (quorum big)',
      'Approved by carol fine by me',
      'by a reply in Teams · does not count',
      '22 November 2026 at 22:18 UTC (in 48 minutes)',
    ]) {
      expect(shown).toContain(part);
    }
  });

  it('shows numbers as they came, and text that looks like another kind in quotes', async () => {
    const { scene, browser } = await signedIn();
    scene.view = {
      ...view,
      arguments: {
        exact: JSON.rawJSON('9007199254740993'),
        text: '900',
        empty: '',
        none: null,
        list: [1, { a: 'b' }],
        yes: true,
      },
    };
    const { text } = await browser.get(PATH);
    const rows = [...text.matchAll(/<dt><bdi>(\w+)<\/bdi><\/dt><dd>(.*?)<\/dd>/gs)].map(([, name, value]) => [
      name,
      value?.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' '),
    ]);
    expect(Object.fromEntries(rows)).toEqual({
      exact: '9007199254740993',
      text: '&quot;900&quot;',
      empty: '&quot;&quot;',
      none: 'null',
      list: '[ 1, { &quot;a&quot;: &quot;b&quot; } ]',
      yes: 'true',
    });
  });

  it('has no form once it has ended, nor for who may not decide it, and says why', async () => {
    const { scene, browser } = await signedIn();
    scene.view = { ...view, mayDecide: false, whyNot: 'You asked for it yourself.' };
    const own = await browser.get(PATH);
    expect(own.text).toContain('You asked for it yourself.');
    expect(own.text).not.toContain('name="verdict"');
    scene.view = { ...view, state: 'cancelled', endedMs: START_MS, endReason: 'tool-changed' };
    const ended = await browser.get(PATH);
    expect(ended.text).toContain('It was cancelled before it was run');
    expect(ended.text).toContain('The tool is not the one that was asked about any more.');
    expect(ended.text).not.toContain('name="verdict"');
  });

  it(proves('pages.hidden', 'is the same page whether it is not there, not ours to see, or no id at all'), async () => {
    const { scene, browser } = await signedIn();
    scene.view = undefined;
    const absent = await browser.get(PATH);
    expect(absent.status).toBe(404);
    for (const other of [`k1-${'0'.repeat(32)}-1-${'0'.repeat(12)}`, 'x', '%00', "' or 1 eq 1", `${APPROVAL}%2f..`]) {
      expect(await browser.get(`/ui/approvals/${encodeURI(other)}`), other).toEqual(absent);
    }
    scene.decision = { kind: 'refused', code: 'not-found', text: 'Not found.' };
    const token = await browser.formToken();
    const decided = await browser.post(PATH, { ...decision, token });
    expect({ status: decided.status, text: decided.text }).toEqual({ status: 404, text: absent.text });
  });
});

describe('a decision', () => {
  it(proves('pages.inbox', 'is passed on as it was shown and written, and told after a redirect'), async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    const reason = ' Checked.\r\nTwice. ';
    const sent = await browser.post(PATH, { ...decision, reason, token });
    expect(scene.decided).toMatchObject([
      {
        person: { principal: { id: BOB }, channel: 'page', tokenId: expect.stringMatching(/^[\w-]{22}$/) },
        input: { approval: APPROVAL, verdict: 'approve', reason: 'Checked.\nTwice.', evidence: 'evidence-1' },
      },
    ]);
    expect(sent.status).toBe(303);
    expect(sent.location).toMatch(new RegExp(`^${PATH}/decided\\?receipt=`));
    expect((await browser.get(sent.location ?? '')).text).toContain('You approved this request');
  });

  it('is not claimed by a link: a receipt is for its session and its request', async () => {
    const { scene, browser } = await signedIn();
    const { location = '' } = await browser.post(PATH, { ...decision, token: await browser.formToken() });
    const receipt = new URL(location, PUBLIC_URL).search;
    const other = APPROVAL.replace('-1-', '-2-');
    expect((await browser.get(`/ui/approvals/${other}/decided${receipt}`)).location).toBe('/ui/approvals');
    expect((await browser.get(`${PATH}/decided`)).location).toBe('/ui/approvals');
    const stranger = createBrowser(scene);
    await stranger.signIn();
    expect((await stranger.get(location)).location).toBe('/ui/approvals');
    scene.view = undefined;
    expect((await browser.get(location)).text).toContain('You approved this request');
  });

  const refusals: readonly (readonly [DecisionRefusal, number])[] = [
    ['own-request', 403],
    ['channel', 403],
    ['ended', 409],
    ['changed', 409],
    ['reason', 422],
    ['unavailable', 503],
  ];
  it.each(refusals)('that is refused (%s) says why, with what was filled in', async (code, status) => {
    const { scene, browser } = await signedIn();
    scene.decision = { kind: 'refused', code, text: `Because of ${code}.` };
    const answer = await browser.post(PATH, { ...decision, reason: 'my <words>', token: await browser.formToken() });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`Because of ${code}.`);
    expect(answer.text).toContain('my &lt;words&gt;</textarea>');
  });

  it('that can’t be taken says so even while the request can’t be shown', async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    scene.decision = { kind: 'refused', code: 'unavailable', text: 'Nothing was decided. Try again.' };
    scene.inboxFailure = new Error('store down');
    const answer = await browser.post(PATH, { ...decision, token });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('Nothing was decided. Try again.');
    expect(scene.logged).toEqual([]);
  });

  it('that is neither approval nor denial, or answers nothing that was shown, is not passed on', async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    expect((await browser.post(PATH, { token, reason: '', evidence: 'e' })).status).toBe(422);
    expect((await browser.post(PATH, { token, reason: '', evidence: 'e', verdict: 'toString' })).status).toBe(422);
    expect((await browser.post(PATH, { token, reason: '', verdict: 'approve' })).status).toBe(422);
    expect(scene.decided).toEqual([]);
  });

  it('without a session is not done, and says so instead of leading elsewhere', async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    scene.nowMs += 9 * 3_600_000;
    const answer = await browser.post(PATH, { ...decision, token });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('was not done');
    expect(answer.text).toContain(`/ui/sign-in?return=${encodeURIComponent(PATH)}`);
    expect(scene.decided).toEqual([]);
  });
});

describe('a form that is not ours', () => {
  it.each([
    ['of another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour', { origin: 'https://other.gateway.example', 'sec-fetch-site': 'same-site' }],
    ['without an origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['of plain http', { origin: 'http://gateway.example', 'sec-fetch-site': 'cross-site' }],
  ])(proves('pages.csrf', '%s is refused and recorded'), async (_what, headers) => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    expect((await browser.post(PATH, { ...decision, token }, headers)).status).toBe(403);
    expect(scene.decided).toEqual([]);
    expect(scene.events.at(-1)).toMatchObject({
      kind: 'refused',
      code: 'foreign-form',
      visitor: { principal: { id: BOB } },
    });
  });

  it(proves('pages.csrf', 'without this session’s token is refused and recorded'), async () => {
    const { scene, browser } = await signedIn();
    const stranger = createBrowser(scene);
    await stranger.signIn();
    for (const token of ['', 'x', await stranger.formToken()]) {
      expect((await browser.post(PATH, { ...decision, token })).status, token).toBe(403);
    }
    expect(scene.decided).toEqual([]);
    expect(scene.events.filter((event) => event.kind === 'refused')).toHaveLength(3);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])(
    proves('pages.csrf', 'of media type %j is refused'),
    async (type) => {
      const { scene, browser } = await signedIn();
      const token = await browser.formToken();
      const answer = await browser.post(PATH, { ...decision, token }, { 'content-type': type });
      expect(answer.status).toBe(403);
      expect(scene.decided).toEqual([]);
    },
  );

  it(proves('pages.csrf', 'with a field twice is refused, and a too large one is not read'), async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: PUBLIC_URL };
    const twice = `${new URLSearchParams({ ...decision, token })}&verdict=deny`;
    expect((await browser.get(PATH, { method: 'POST', headers, body: twice })).status).toBe(403);
    const large = `${new URLSearchParams({ ...decision, token, reason: 'x'.repeat(20_000) })}`;
    expect((await browser.get(PATH, { method: 'POST', headers, body: large })).status).toBe(413);
    expect(scene.decided).toEqual([]);
  });

  it(proves('pages.csrf', 'is nothing that a link could be: no GET decides or signs out'), async () => {
    const { scene, browser } = await signedIn();
    const query = new URLSearchParams({ ...decision, token: await browser.formToken() });
    await browser.get(`${PATH}?${query}`);
    expect((await browser.get(`/ui/sign-out?${query}`)).status).toBe(404);
    expect(scene.decided).toEqual([]);
    expect(scene.events).toHaveLength(1);
  });
});

describe('every answer', () => {
  it(proves('pages.headers', 'has the same strict headers'), async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    const refused = createBrowser(scene);
    const answers = [
      await browser.get('/ui'),
      await browser.get('/ui/'),
      await browser.get('/ui/approvals'),
      await browser.get(PATH),
      await browser.get('/ui/nowhere'),
      await browser.post(PATH, { ...decision, token }),
      await browser.post(PATH, { ...decision, token: '' }),
      await browser.post(
        PATH,
        { ...decision, token },
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      ),
      await refused.get('/ui/approvals'),
      await refused.get('/ui/sign-in'),
      await refused.get('/ui/sign-in/callback'),
    ];
    scene.inboxFailure = new Error('store down');
    answers.push(await browser.get('/ui/approvals'));
    for (const { headers, text, status } of answers) {
      expect(headers, String(status)).toMatchObject({
        'content-security-policy':
          "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(text).not.toMatch(/<script|\son\w+=|\sstyle=|javascript:/i);
    }
    expect(answers.at(-1)?.status).toBe(500);
    expect(answers.at(-1)?.text).not.toContain('store down');
    expect(scene.logged).toEqual(['page-failed']);
  });

  it(proves('pages.headers', 'but the stylesheet’s, which a browser keeps under the hash of its content'), async () => {
    const { browser } = await signedIn();
    const { text } = await browser.get('/ui/approvals');
    const href = /<link rel="stylesheet" href="([^"]+)"/.exec(text)?.[1] ?? '';
    expect(href).toMatch(/^\/ui\/style\.css\?v=[0-9a-f]{16}$/);
    const style = await browser.get(href);
    expect(style).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' },
    });
    expect(style.text).not.toMatch(/url\(|@import/);
  });

  it('knows itself by its public address, whatever the request was called', async () => {
    const { scene } = await signedIn();
    const answer = await scene.pages({
      method: 'GET',
      url: 'http://10.0.0.4:8080/ui/approvals?page=2',
      headers: new Headers({ host: 'evil.example' }),
      params: {},
      body: null,
      signal: new AbortController().signal,
    });
    expect(answer.headers.location).toBe('/ui/sign-in?return=%2Fui%2Fapprovals%3Fpage%3D2');
  });
});
