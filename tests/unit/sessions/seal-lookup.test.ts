import { describe, expect, it } from 'vitest';
import { createSealLookup } from '../../../shared/sessions/seal-lookup.ts';
import type { SessionRef } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import { testEndorsingKey } from '../transcripts/scene.ts';
import { createDeskScene, type DeskScene } from './desk-scene.ts';
import { intent, outcome, SESSION } from './story-lines.ts';

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
const DAY_MS = 86_400_000;

function segmentOf({ store }: DeskScene) {
  const path = [...store.content.keys()].find((name) => name.includes(SESSION)) ?? '';
  const at = path.indexOf('/');
  return { container: path.slice(0, at), segment: path.slice(at + 1) };
}

const lookupOf = ({ store }: DeskScene) => createSealLookup({ reader: store, endorsingKey: testEndorsingKey });

describe('how far a segment is sealed', () => {
  it('is nothing before the first seal, and what the last one says after it', async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'));
    const lookup = lookupOf(scene);
    expect(await lookup.follow()).toMatchObject({ last: 0, isSound: true });
    expect(await lookup.find(segmentOf(scene))).toBeUndefined();
    await scene.seal();
    await lookup.follow();
    expect(await lookup.find(segmentOf(scene))).toMatchObject({ seal: 1, lines: 3, state: 'open' });
    await scene.record(session, outcome('one'));
    await scene.seal();
    expect(await lookup.find(segmentOf(scene))).toMatchObject({ seal: 1, lines: 3 });
    await lookup.follow();
    expect(await lookup.find(segmentOf(scene))).toMatchObject({ seal: 2, lines: 5 });
  });

  it(proves('sessions.proof', 'stands in the manifest of its day, long after its seals'), async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'), outcome('one'));
    await scene.seal();
    await scene.clock.advance(1_000_000);
    await scene.seal();
    for (let day = 0; day < 4; day += 1) {
      await scene.clock.advance(DAY_MS);
      await scene.seal();
    }
    expect([...scene.store.content.keys()]).toContain('seals/manifests/2026/11/22.json');
    const lookup = lookupOf(scene);
    const { last } = await lookup.follow();
    const sealed = await lookup.find(segmentOf(scene));
    expect(sealed).toMatchObject({ state: 'closed', lines: 7 });
    expect(sealed?.seal).toBeLessThan(last);
    // Somebody else's manifest says nothing.
    const path = 'seals/manifests/2026/11/22.json';
    const text = scene.store.content.get(path)?.toString('utf8') ?? '';
    scene.store.content.set(path, Buffer.from(text.replace('"lines":7', '"lines":8')));
    expect(await lookupOf(scene).find(segmentOf(scene))).toBeUndefined();
  });

  it('tells of a seal that is none of the vault’s', async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'));
    await scene.seal();
    const [path = ''] = [...scene.store.content.keys()].filter((name) => name.startsWith('seals/chain/'));
    const text = scene.store.content.get(path)?.toString('utf8') ?? '';
    scene.store.content.set(path, Buffer.from(text.replace('"left":0', '"left":1')));
    const lookup = lookupOf(scene);
    expect((await lookup.follow()).isSound).toBe(false);
    expect(await lookup.find(segmentOf(scene))).toBeUndefined();
  });
});
