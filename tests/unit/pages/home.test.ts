/** Home: what each of its parts says, and that what is not known is said to be unknown. */
import { describe, expect, it } from 'vitest';
import type { HomeFacts } from '../../../shared/pages/home-facts.ts';
import { proves } from '../../requirements.ts';
import { createBrowser, createScene, START_MS } from './pages-scene.ts';

const nothing: HomeFacts = { waiting: { approvals: [], total: 0 } };

/** The page's text, without markup. */
async function homeOf(home?: HomeFacts): Promise<string> {
  const scene = await createScene();
  scene.home = home;
  const browser = createBrowser(scene);
  await browser.signIn();
  const { status, text } = await browser.get('/ui/');
  expect(status).toBe(200);
  return text
    .slice(text.indexOf('<main'))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('home', () => {
  it(proves('home.own', 'shows what waits, and leads to each'), async () => {
    const scene = await createScene();
    const browser = createBrowser(scene);
    await browser.signIn();
    const { text } = await browser.get('/ui/');
    const [first] = scene.approvals;
    expect(text).toContain(`href="/ui/approvals/${first?.id}"`);
  });

  it(proves('home.own', 'shows no part that is not one’s own'), async () => {
    const text = await homeOf(nothing);
    expect(text).toContain('Nothing waits for you.');
    for (const part of ['The record', 'Exposure', 'Needs a person', 'Blocks']) expect(text).not.toContain(part);
  });

  it(proves('home.own', 'sends whoever is not signed in to sign in, and back'), async () => {
    const scene = await createScene();
    const { status, location } = await createBrowser(scene).get('/ui/');
    expect([status, location]).toEqual([302, '/ui/sign-in?return=%2Fui%2F']);
  });

  const seal = { number: 1_204, timeMs: START_MS - 180_000, verifies: true, left: 0 };

  it.each<[string, HomeFacts['seal'], readonly string[], readonly string[]]>([
    ['one that verifies', seal, ['Seal 1,204', '3 minutes ago', ' verifies'], ['late', 'not verify']],
    ['one that does not', { ...seal, verifies: false }, ['does not verify'], []],
    ['a late one', { ...seal, timeMs: START_MS - 7_200_000 }, ['2 hours ago', 'It is late'], []],
    ['one that left some out', { ...seal, left: 2 }, ['2 changed segments were not in it yet'], []],
    ['none', 'none', ['Nothing is sealed yet'], ['verifies']],
    ['nobody knows which', 'unavailable', ['can’t be found out just now'], ['verifies']],
  ])(proves('home.seal', 'says how the record stands: %s'), async (_, last, says, doesNotSay) => {
    const text = await homeOf({ ...nothing, ...(last !== undefined && { seal: last }) });
    for (const words of says) expect(text).toContain(words);
    for (const words of doesNotSay) expect(text).not.toContain(words);
  });

  it(proves('home.exposure', 'says by class what left this week, what was seen in clear first'), async () => {
    const exposure = [
      { class: 'card', outcome: 'masked', count: 1_200 },
      { class: 'email', outcome: 'revealed', count: 3 },
      { class: 'binary', outcome: 'uninspected', count: 1 },
    ] as const;
    const week = [{ server: 'crm', sessions: 2, calls: 14, exposure, isPartial: true }];
    const text = await homeOf({ ...nothing, week });
    expect(text).toContain('14 calls in 2 sessions.');
    expect(text).toContain('There were more sessions than are added up here.');
    expect(text).toMatch(/email 3 revealed .*binary 1 uninspected .*card 1,200 masked/);
    expect(text).toContain('what is newer is not in it');
  });

  it(proves('home.exposure', 'tells no calls from none found, and both from not known'), async () => {
    const quiet = { server: 'crm', sessions: 0, calls: 0, exposure: [], isPartial: false };
    expect(await homeOf({ ...nothing, week: [quiet] })).toContain('No calls.');
    const clean = { ...quiet, sessions: 1, calls: 2 };
    expect(await homeOf({ ...nothing, week: [clean] })).toContain('No sensitive data was found');
    expect(await homeOf({ ...nothing, week: 'unavailable' })).toContain('can’t be found out just now');
  });

  it(proves('home.own', 'tells operators what needs a person, and how many are blocked'), async () => {
    const text = await homeOf({ ...nothing, attention: 2, blocks: 1 });
    expect(text).toContain('2 requests need attention');
    expect(text).toContain('1 block in force.');
    expect(await homeOf({ ...nothing, attention: 0, blocks: 0 })).toMatch(
      /No request needs attention.*Nobody is blocked/,
    );
  });

  it('keeps the other parts where one can’t be told', async () => {
    expect(await homeOf({ waiting: 'unavailable', attention: 1 })).toMatch(/can’t be found out.*One request needs/);
  });
});
