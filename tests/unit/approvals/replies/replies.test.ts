import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sampleId } from '../../../../infra/local/entra/directory.ts';
import { err, ok } from '../../../../shared/result.ts';
import { proves } from '../../../requirements.ts';
import { APPROVAL, createReplyScene, NOON_MS, SECRET, sign } from './reply-scene.ts';

const never = () => new Promise<never>(() => undefined);

describe('a reply', () => {
  it(proves('teams.person', 'decides as the directory’s person, with the groups that Graph says now'), async () => {
    const scene = createReplyScene();
    const answer = await scene.send({ text: 'approve k7q-2xy because <b>I</b> asked & heard' });
    expect(answer).toEqual({ status: 200, text: 'Taken: you approve K7Q2XY.' });
    expect(scene.decided).toEqual([
      {
        person: {
          tenant: sampleId('1'),
          principal: { kind: 'user', id: sampleId('b2'), name: 'Bob Banks', guest: false },
          groups: ['finance'],
          channel: 'teams-reply',
          agent: { id: sampleId('c0'), name: 'Sallyport' },
          address: '192.0.2.1',
          tokenId: expect.stringMatching(/^teams-[0-9a-f]{32}$/),
        },
        input: { approval: APPROVAL, verdict: 'approve', reason: 'because <b>I</b> asked & heard' },
      },
    ]);
    expect(scene.refusals).toEqual([]);
  });

  it('passes a denial with its reason on', async () => {
    const scene = createReplyScene();
    scene.result = { kind: 'taken', verdict: 'deny', isRepeat: true };
    expect(await scene.send({ text: 'Deny: K7Q2XY - not this customer' })).toMatchObject({
      text: 'You had said so before: you deny K7Q2XY.',
    });
    expect(scene.decided[0]?.input).toMatchObject({ verdict: 'deny', reason: 'not this customer' });
  });

  it(proves('teams.person', 'says of a guest that it is one'), async () => {
    const scene = createReplyScene({ guests: { isGuest: async () => ok(true) } });
    await scene.send();
    expect(scene.decided[0]?.person.principal.guest).toBe(true);
  });

  it.each(['memberships', 'guests'])(
    proves('teams.person', 'decides nothing while Graph can’t say (%s)'),
    async (which) => {
      const scene = createReplyScene(
        which === 'guests'
          ? { guests: { isGuest: async () => err(new Error('down')) } }
          : { memberships: { groupsOf: async () => err({ reason: 'groups-unavailable' }) } },
      );
      expect((await scene.send()).text).toMatch(/cannot find out now/);
      expect(scene.decided).toEqual([]);
    },
  );

  it('tells what is not there from what is not for this person in no way', async () => {
    const absent = createReplyScene();
    absent.found = [];
    const foreign = createReplyScene();
    foreign.result = { kind: 'refused', code: 'not-found', text: 'It is not there, or not for you.' };
    expect(await absent.send()).toEqual(await foreign.send());
    expect(absent.decided).toEqual([]);
  });

  it(proves('teams.code', 'with a code that two requests have decides neither'), async () => {
    const scene = createReplyScene();
    scene.found = [APPROVAL, 'another'];
    expect((await scene.send()).text).toMatch(/please decide on the page: https:\/\/gateway\.example\/ui\/approvals/);
    expect(scene.decided).toEqual([]);
  });

  it('gives the inbox’s refusal without markup', async () => {
    const scene = createReplyScene();
    scene.result = { kind: 'refused', code: 'own-request', text: 'No: <b>own</b> [x](y)' };
    const { text } = await scene.send();
    expect(text).toBe('K7Q2XY: No: &#60;b&#62;own&#60;&#47;b&#62; &#91;x&#93;&#40;y&#41;');
  });

  it.each(['help', 'HELP', ' help me '])('gets help: %j', async (text) => {
    const scene = createReplyScene();
    expect((await scene.send({ text })).text).toMatch(/approve CODE/);
    expect(scene.decided).toEqual([]);
  });

  it.each([
    '',
    'ok',
    'approved K7Q2XY',
    'please approve K7Q2XY',
    'approve',
    'approve everything',
    'deny K7Q',
    'approveK7Q2XY',
    'do not approve K7Q2XY',
  ])(proves('teams.command', 'that is not clearly a decision decides nothing: %j'), async (text) => {
    const scene = createReplyScene();
    expect((await scene.send({ text })).text).toMatch(/nothing was decided/);
    expect(scene.decided).toEqual([]);
  });
});

describe('a signature', () => {
  it.each<[string, Parameters<ReturnType<typeof createReplyScene>['send']>[0]]>([
    ['is missing', { authorization: null }],
    ['is another’s', { secret: Buffer.alloc(32, 8).toString('base64') }],
    ['is of another body', { authorization: sign('{}') }],
    ['is a token', { authorization: 'Bearer abc' }],
    ['is too short', { authorization: 'HMAC AAAA' }],
    ['was made with the secret’s text instead of its bytes', { secret: Buffer.from(SECRET).toString('base64') }],
    ['is wrong and the body is no JSON', { authorization: sign('x'), body: '{{{' }],
  ])(proves('teams.signature', 'that %s: 401, nothing to learn, a record'), async (_what, sent) => {
    const scene = createReplyScene();
    expect(await scene.send(sent)).toEqual({ status: 401, text: undefined });
    expect(scene.refusals).toEqual([{ code: 'signature', detail: { address: '192.0.2.1' } }]);
    expect(scene.decided).toEqual([]);
  });

  it(
    proves('teams.signature', 'of a secret that was just renewed is found, and rubbish does not storm the vault'),
    async () => {
      const scene = createReplyScene();
      await scene.send();
      const renewed = Buffer.alloc(32, 9).toString('base64');
      scene.vault = renewed;
      expect(await scene.send({ secret: renewed })).toMatchObject({ status: 200 });
      expect(await scene.send()).toMatchObject({ status: 401 });
      const readsBefore = scene.vaultReads;
      for (let tries = 0; tries < 50; tries += 1) await scene.send({ authorization: sign('x') });
      expect(scene.vaultReads).toBe(readsBefore);
    },
  );

  it.each(['', 'c2hvcnQ=', 'not base64 at all!', 'AAAA'])(
    proves('teams.signature', 'verifies nothing with %j for a secret'),
    async (vault) => {
      const scene = createReplyScene();
      scene.vault = vault;
      expect(await scene.send({ secret: vault })).toEqual({ status: 503, text: undefined });
      expect(scene.decided).toEqual([]);
    },
  );

  it('can’t be verified while the vault is down', async () => {
    const scene = createReplyScene();
    scene.vault = undefined;
    expect(await scene.send()).toEqual({ status: 503, text: undefined });
  });
});

describe('a signed message', () => {
  it(proves('teams.replay', 'that comes twice is taken once'), async () => {
    const scene = createReplyScene();
    const activity = { id: '1700000000000', conversation: { id: '19:x' }, timestamp: new Date(NOON_MS).toISOString() };
    expect(await scene.send({ activity })).toMatchObject({ text: expect.stringContaining('Taken') });
    expect(await scene.send({ activity })).toMatchObject({ text: expect.stringContaining('taken before') });
    expect(scene.decided).toHaveLength(1);
    expect(scene.refusals).toEqual([
      { code: 'replay', detail: { address: '192.0.2.1', tenant: sampleId('1'), person: sampleId('b2') } },
    ]);
  });

  it('with the id of one in another conversation is another', async () => {
    const scene = createReplyScene();
    for (const id of ['19:x', '19:y']) await scene.send({ activity: { id: '1700000000000', conversation: { id } } });
    expect(scene.decided).toHaveLength(2);
  });

  it.each([-300_001, 300_001])(proves('teams.replay', 'whose time is off by %d ms decides nothing'), async (offMs) => {
    const scene = createReplyScene();
    const timestamp = new Date(NOON_MS + offMs).toISOString();
    expect((await scene.send({ activity: { timestamp } })).text).toMatch(/too old/);
    expect(scene.refusals).toMatchObject([{ code: 'stale' }]);
    expect(scene.decided).toEqual([]);
  });

  it(proves('teams.replay', 'decides nothing while nobody can say whether it was taken'), async () => {
    const scene = createReplyScene({ marks: { claim: () => Promise.reject(new Error('down')) } });
    expect((await scene.send()).text).toMatch(/nothing was decided/);
    expect(scene.decided).toEqual([]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['another tenant', 'tenant', { channelData: { tenant: { id: sampleId('9') } } }],
    ['a bot', 'person', { from: { id: '28:bot', name: 'Bob Banks' } }],
    ['somebody without an object id', 'person', { from: { name: 'Bob Banks', aadObjectId: 'bob' } }],
  ])(proves('teams.person', 'of %s decides nothing, and is recorded'), async (_who, code, activity) => {
    const scene = createReplyScene();
    expect((await scene.send({ activity })).text).toMatch(/my own organization/);
    expect(scene.refusals).toMatchObject([{ code }]);
    expect(scene.decided).toEqual([]);
  });

  it.each<[string, string | Record<string, unknown>]>([
    ['is no JSON', '{'],
    ['is no object', '[]'],
    ['has a member twice', '{"type":"message","type":"message"}'],
    ['is an update', { type: 'messageUpdate' }],
    ['is from elsewhere', { channelId: 'webchat' }],
    ['has no tenant', { channelData: {} }],
    ['has no time', { timestamp: 'now' }],
    ['has a text that is none', { text: 7 }],
  ])('that %s: 400 and a record', async (_what, wrong) => {
    const scene = createReplyScene();
    const sent = typeof wrong === 'string' ? { body: wrong } : { activity: wrong };
    expect(await scene.send(sent)).toEqual({ status: 400, text: undefined });
    expect(scene.refusals).toMatchObject([{ code: 'malformed' }]);
  });

  it(proves('teams.signature', 'of more than 64 KiB is refused before it is verified'), async () => {
    const scene = createReplyScene();
    expect(await scene.send({ text: 'x'.repeat(65_536) })).toEqual({ status: 413, text: undefined });
    expect(scene.refusals).toMatchObject([{ code: 'too-large' }]);
    expect(scene.vaultReads).toBe(0);
  });

  it('goes only where messages go', async () => {
    const scene = createReplyScene();
    expect(await scene.send({ kind: 'flow' })).toMatchObject({ status: 404 });
    expect(await scene.send({ method: 'GET' })).toMatchObject({ status: 405 });
    expect(scene.vaultReads).toBe(0);
  });
});

describe('when something hangs', () => {
  it(proves('teams.in-time', 'the decision: it says after 4 s that it is not sure'), async () => {
    const scene = createReplyScene({ inbox: { findByCode: async () => [APPROVAL], decide: never } });
    const { status, text } = await scene.send();
    expect([status, scene.clock.monotonicMs()]).toEqual([200, 4_000]);
    expect(text).toMatch(/not sure that this was taken/);
  });

  it(proves('teams.in-time', 'Graph: it says that nothing was decided, and then decides nothing'), async () => {
    const late = Promise.withResolvers<ReturnType<typeof ok<readonly string[]>>>();
    const scene = createReplyScene({ memberships: { groupsOf: () => late.promise } });
    const { text } = await scene.send();
    expect(text).toMatch(/nothing was decided/);
    late.resolve(ok(['finance']));
    await turn();
    expect(scene.decided).toEqual([]);
  });

  it(proves('teams.in-time', 'the record of a refusal: who could not prove anything learns nothing'), async () => {
    const scene = createReplyScene({ refused: never });
    expect(await scene.send({ authorization: null })).toEqual({ status: 503, text: undefined });
    expect(scene.logged).toEqual(['reply-given-up']);
  });
});
