/** The session in the cookie: what it is bound to, and what ends it. */
import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import { createBrowser, createKeyring, createScene, type Scene, unavailable } from './pages-scene.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

async function signedIn() {
  const scene = await createScene();
  const browser = createBrowser(scene);
  await browser.signIn();
  return { scene, browser };
}

const isIn = async (browser: ReturnType<typeof createBrowser>) => (await browser.get('/ui/approvals')).status === 200;

describe('a session', () => {
  it(proves('pages.session', 'is a sealed host cookie that no script and no other site can use'), async () => {
    const scene = await createScene();
    const browser = createBrowser(scene);
    const { headers } = await browser.signIn();
    expect(headers['set-cookie']).toMatch(/^__Host-sallyport=1\.[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(Buffer.from(browser.cookie?.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('bob');
  });

  it(proves('pages.session', 'ends after an hour without a request, and goes on with them'), async () => {
    const { scene, browser } = await signedIn();
    for (let n = 0; n < 3; n += 1) {
      scene.nowMs += 59 * MINUTE_MS;
      expect(await isIn(browser)).toBe(true);
    }
    scene.nowMs += HOUR_MS;
    expect(await browser.get('/ui/approvals')).toMatchObject({
      status: 302,
      location: '/ui/sign-in?return=%2Fui%2Fapprovals',
    });
  });

  it(proves('pages.session', 'ends eight hours after the sign-in, however busy'), async () => {
    const { scene, browser } = await signedIn();
    for (let n = 0; n < 15; n += 1) {
      scene.nowMs += 30 * MINUTE_MS;
      expect(await isIn(browser)).toBe(true);
    }
    scene.nowMs += 30 * MINUTE_MS;
    expect(await isIn(browser)).toBe(false);
  });

  it(proves('pages.session', 'is not stretched by a clock that was set back'), async () => {
    const { scene, browser } = await signedIn();
    scene.nowMs -= 2 * MINUTE_MS;
    expect(await isIn(browser)).toBe(false);
  });

  it(proves('pages.session', 'is worth nothing once a character of it was changed'), async () => {
    const { browser } = await signedIn();
    const good = browser.cookie ?? '';
    for (const at of [good.indexOf('=') + 1, good.indexOf('.') + 5, good.length - 1]) {
      browser.cookie = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
      expect(await isIn(browser), `character ${at}`).toBe(false);
    }
    browser.cookie = `${good}; ${good}`;
    expect(await isIn(browser)).toBe(false);
  });

  it(proves('pages.session', 'is worth nothing for another tenant, another site or other keys'), async () => {
    const keyring = await createKeyring();
    const scene = await createScene({ keyring });
    const browser = createBrowser(scene);
    await browser.signIn();
    const { cookie } = browser;
    const elsewhere = async (other: Scene, url?: string) => {
      const stranger = createBrowser(other, url);
      stranger.cookie = cookie;
      return isIn(stranger);
    };
    expect(await elsewhere(await createScene({ keyring }))).toBe(true);
    const tenantId = '5a11e000-0000-4000-8000-000000000002';
    expect(await elsewhere(await createScene({ keyring, tenantId }))).toBe(false);
    const publicUrl = 'https://other.example';
    expect(await elsewhere(await createScene({ keyring, publicUrl }), publicUrl)).toBe(false);
    expect(await elsewhere(await createScene())).toBe(false);
  });

  it(
    proves('pages.session', 'is worth nothing where a sign-in on its way or a state stands in its place'),
    async () => {
      const scene = await createScene();
      const browser = createBrowser(scene);
      await browser.get('/ui/sign-in');
      expect(browser.cookie).toBeDefined();
      expect(await isIn(browser)).toBe(false);
      const [state] = scene.begun.keys();
      browser.cookie = `__Host-sallyport=${state}`;
      expect(await isIn(browser)).toBe(false);
    },
  );

  it(proves('pages.session', 'has a share of requests, and says when to come again'), async () => {
    const { scene, browser } = await signedIn();
    scene.isFull = true;
    const full = await browser.get('/ui/approvals');
    expect([full.status, full.headers['retry-after']]).toEqual([429, '7']);
    scene.isFull = false;
    expect((await browser.get('/ui/approvals')).status).toBe(200);
  });

  it(
    proves('pages.session', 'ends with a block, which is recorded; while nobody can say, nobody is let in'),
    async () => {
      const { scene, browser } = await signedIn();
      scene.isBlocked = new Error('table down');
      expect((await browser.get('/ui/approvals')).status).toBe(503);
      expect(browser.cookie).toBeDefined();
      scene.isBlocked = true;
      expect((await browser.get('/ui/approvals')).status).toBe(403);
      expect(scene.events.at(-1)).toMatchObject({
        kind: 'refused',
        code: 'blocked',
        visitor: { tokenId: expect.any(String) },
      });
      expect(browser.cookie).toBeUndefined();
      expect(scene.listed).toEqual([]);
    },
  );

  it('asks for the groups again after five minutes, and shows nothing while nobody can say them', async () => {
    const { scene, browser } = await signedIn();
    await browser.get('/ui/approvals');
    expect(scene.resolved).toHaveLength(1);
    scene.nowMs += 5 * MINUTE_MS;
    scene.groups = unavailable;
    expect((await browser.get('/ui/approvals')).status).toBe(503);
    scene.groups = ok(['auditors']);
    await browser.get('/ui/approvals');
    await browser.get('/ui/approvals');
    expect(scene.resolved.slice(1)).toEqual([
      { principal: expect.objectContaining({ kind: 'user' }), groups: 'overage' },
      { principal: expect.objectContaining({ kind: 'user' }), groups: 'overage' },
    ]);
    expect(scene.listed.map(({ person }) => person.groups)).toEqual([['finance'], ['auditors'], ['auditors']]);
  });

  it('asks for the groups each time where their names do not fit into a cookie', async () => {
    const scene = await createScene();
    scene.groups = ok(Array.from({ length: 200 }, (_, n) => `a-group-with-a-long-name-${n}`));
    const browser = createBrowser(scene);
    await browser.signIn();
    expect(browser.cookie?.length).toBeLessThan(1_000);
    await browser.get('/ui/approvals');
    await browser.get('/ui/approvals');
    expect(scene.resolved).toHaveLength(3);
    expect(scene.listed[1]?.person.groups).toHaveLength(200);
  });

  it('writes its cookie anew once a minute, not more often', async () => {
    const { scene, browser } = await signedIn();
    expect((await browser.get('/ui/approvals')).headers['set-cookie']).toBeUndefined();
    scene.nowMs += MINUTE_MS;
    expect((await browser.get('/ui/approvals')).headers['set-cookie']).toBeDefined();
    expect((await browser.get('/ui/approvals')).headers['set-cookie']).toBeUndefined();
  });
});

describe('signing in', () => {
  it(proves('pages.redirect', 'comes back to the page that was asked for'), async () => {
    const scene = await createScene();
    const browser = createBrowser(scene);
    const asked = await browser.get('/ui/approvals?page=2');
    expect(asked.location).toBe('/ui/sign-in?return=%2Fui%2Fapprovals%3Fpage%3D2');
    expect(await browser.signIn('/ui/approvals?page=2')).toMatchObject({
      status: 303,
      location: '/ui/approvals?page=2',
    });
    expect(scene.events).toEqual([{ kind: 'signed-in', visitor: expect.objectContaining({ address: '203.0.113.7' }) }]);
  });

  it.each([
    'https://evil.example/ui/approvals',
    '//evil.example/ui/',
    '/\\evil.example',
    '/ui/\\..\\..\\evil',
    '/ui//evil.example',
    '/ui/../../evil',
    '/ui/%2e%2e/mcp/crm',
    '/ui/..//evil.example',
    'javascript:alert(1)',
    '/mcp/crm',
    '/uix',
    '/ui/\tx',
    '/ui/\r\nset-cookie: a=b',
    '/ui/sign-in?return=/ui/',
    '/ui/sign-in/callback?code=x',
    '/ui/sign-out',
    `/ui/${'a'.repeat(400)}`,
    '',
  ])(proves('pages.redirect', 'goes home instead of %j'), async (wanted) => {
    const browser = createBrowser(await createScene());
    expect((await browser.signIn(wanted)).location).toBe('/ui/');
  });

  it('works in several tabs at once, with one session in the end', async () => {
    const scene = await createScene();
    const browser = createBrowser(scene);
    await browser.get('/ui/sign-in?return=/ui/approvals?page=2');
    await browser.get('/ui/sign-in?return=/ui/approvals?page=3');
    const [first, second] = [...scene.begun.keys()];
    const back = (state = '') => browser.get(`/ui/sign-in/callback?${new URLSearchParams({ code: 'c', state })}`);
    expect(await back(second)).toMatchObject({ status: 303, location: '/ui/approvals?page=3' });
    expect(await back(first)).toMatchObject({ status: 303, location: '/ui/approvals?page=2' });
    expect(scene.redeemed).toHaveLength(1);
  });

  it(
    proves('sign-in.refused', 'refuses what another browser began, what is too old, and what was made up'),
    async () => {
      const scene = await createScene();
      const [mine, theirs] = [createBrowser(scene), createBrowser(scene)];
      await mine.get('/ui/sign-in');
      await theirs.get('/ui/sign-in');
      const [, foreign = ''] = [...scene.begun.keys()];
      const back = (state: string) => mine.get(`/ui/sign-in/callback?${new URLSearchParams({ code: 'c', state })}`);
      expect((await back(foreign)).status).toBe(403);
      expect((await back('made-up')).status).toBe(403);
      expect((await mine.get('/ui/sign-in/callback?code=c')).status).toBe(403);
      scene.nowMs += 15 * MINUTE_MS;
      expect((await back([...scene.begun.keys()][0] ?? '')).status).toBe(403);
      expect(scene.redeemed).toEqual([]);
      expect(scene.events.map((event) => event.kind === 'refused' && event.code)).toEqual(
        Array.from({ length: 4 }, () => 'sign-in-refused'),
      );
    },
  );

  it(proves('sign-in.refused', 'tells the browser nothing of why, and the record all of it'), async () => {
    const scene = await createScene();
    scene.signedIn = err({ reason: 'sign-in-refused', detail: 'ID token: wrong-tenant: tid x' });
    const browser = createBrowser(scene);
    const refused = await browser.signIn();
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain('tid x');
    expect(scene.events).toMatchObject([
      { kind: 'refused', detail: 'ID token: wrong-tenant: tid x', address: '203.0.113.7' },
    ]);
    expect(await isIn(browser)).toBe(false);
  });

  it('says so when the authority answers with an error, quoted harmlessly', async () => {
    const scene = await createScene();
    const browser = createBrowser(scene);
    await browser.get('/ui/sign-in');
    const [state = ''] = scene.begun.keys();
    const query = new URLSearchParams({ state, error: 'access_denied\n<b>', error_description: '<script>' });
    const answer = await browser.get(`/ui/sign-in/callback?${query}`);
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('<script>');
    expect(scene.events).toMatchObject([{ detail: 'the authority answered access_denied??b?' }]);
  });

  const broken: Readonly<Record<string, Partial<Scene>>> = {
    'the authority can’t be reached': { signedIn: err({ reason: 'authority-unavailable', cause: new Error('down') }) },
    'nobody can say the groups': { groups: unavailable },
    'nobody can say who is blocked': { isBlocked: new Error('down') },
    'it can’t be recorded': { noteFailure: new Error('down') },
  };
  it.each(Object.keys(broken))('lets nobody in while %s', async (what) => {
    const scene = await createScene();
    Object.assign(scene, broken[what]);
    const browser = createBrowser(scene);
    expect((await browser.signIn()).status).toBe(503);
    expect(await isIn(browser)).toBe(false);
    expect(scene.logged).toHaveLength(1);
  });

  it('lets nobody in who is blocked', async () => {
    const scene = await createScene();
    scene.isBlocked = true;
    const browser = createBrowser(scene);
    expect((await browser.signIn()).status).toBe(403);
    expect(browser.cookie).toBeUndefined();
    expect(scene.events).toMatchObject([{ kind: 'refused', code: 'blocked' }]);
  });
});

describe('signing out', () => {
  it(proves('pages.session', 'takes the cookie away and is recorded, with the form’s token only'), async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    expect((await browser.post('/ui/sign-out', { token: 'x' })).status).toBe(403);
    expect(await isIn(browser)).toBe(true);
    expect((await browser.post('/ui/sign-out', { token })).status).toBe(200);
    expect(browser.cookie).toBeUndefined();
    expect(scene.events.map(({ kind }) => kind)).toEqual(['signed-in', 'refused', 'signed-out']);
  });

  it('works even when it can’t be recorded', async () => {
    const { scene, browser } = await signedIn();
    const token = await browser.formToken();
    scene.noteFailure = new Error('down');
    expect((await browser.post('/ui/sign-out', { token })).status).toBe(200);
    expect(browser.cookie).toBeUndefined();
    expect(scene.logged).toEqual(['sign-out-not-recorded']);
  });
});
