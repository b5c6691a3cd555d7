import { describe, expect, it } from 'vitest';
import { searchSegments } from '../../../shared/sessions/find-segments.ts';
import { createItemProofs, type ReadPorts, readSession } from '../../../shared/sessions/read-session.ts';
import { createSealLookup } from '../../../shared/sessions/seal-lookup.ts';
import type { SessionRef } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import { testEndorsingKey } from '../transcripts/scene.ts';
import { createDeskScene, type DeskScene } from './desk-scene.ts';
import { intent, outcome, SESSION } from './story-lines.ts';

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };

async function read(scene: DeskScene, more: Partial<ReadPorts> = {}) {
  const ports = { reader: scene.store, endorsingKey: testEndorsingKey };
  const places = await searchSegments(scene.store, session);
  const leases = { nowMs: scene.clock.nowMs(), leaseMs: 270_000, streamLeaseMs: 900_000 };
  return readSession({ ...ports, ...leases, seals: createSealLookup(ports), ...more }, places);
}

const pathOf = ({ store }: DeskScene) => [...store.content.keys()].find((name) => name.includes(SESSION)) ?? '';

describe('a session that is read', () => {
  it(proves('sessions.proof', 'is only as good as the weakest record of each call'), async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'), outcome('one'), intent('two'));
    await scene.seal();
    await scene.record(session, outcome('two'));
    const { items, proof } = await read(scene);
    expect(proof).toMatchObject({ state: 'signed', lines: 9, sealedLines: 7, lastSeal: 1 });
    expect(items.map(createItemProofs(proof))).toEqual(['sealed', 'signed']);
  });

  it(proves('sessions.proof', 'is not proven where it is shorter than what was sealed'), async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'), outcome('one'));
    await scene.seal();
    const path = pathOf(scene);
    const lines = scene.store.content.get(path)?.toString('utf8').split('\n') ?? [];
    scene.store.content.set(path, Buffer.from(`${lines.slice(0, 3).join('\n')}\n`));
    const { items, proof } = await read(scene);
    expect(proof).toMatchObject({ state: 'broken', sealedLines: 0 });
    expect(proof.segments).toMatchObject([{ state: 'tampered', fault: { code: 'shorter-than-sealed' } }]);
    expect(items.map(createItemProofs(proof))).toEqual(['broken']);
  });

  it(proves('sessions.proof', 'has nothing sealed where the line that the seal names is not reached'), async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'), outcome('one'), intent('two'));
    await scene.seal();
    const path = pathOf(scene);
    const text = scene.store.content.get(path)?.toString('utf8') ?? '';
    scene.store.content.set(path, Buffer.from(text.replace('"id":"two"', '"id":"twe"')));
    const { items, proof } = await read(scene);
    expect(proof).toMatchObject({ state: 'broken', lines: 5, sealedLines: 0 });
    expect(items.map(createItemProofs(proof))).toEqual(['signed']);
  });

  it('out of reach is not gone', async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'));
    await scene.seal();
    scene.store.readMishap = (operation, name) =>
      operation === 'read' && name.includes(SESSION) ? 'fails' : undefined;
    const { proof } = await read(scene);
    expect(proof.state).toBe('unreadable');
    expect(proof.segments[0]?.fault).toBeUndefined();
  });

  it('holds no more items than it may, and counts the others', async () => {
    const scene = await createDeskScene();
    await scene.record(session, intent('one'), outcome('one'), intent('two'), outcome('two'), intent('three'));
    const { items, leftOut, proof } = await read(scene, { maxItems: 2 });
    expect([items.length, leftOut, proof.lines]).toEqual([2, 1, 11]);
  });
});
