import { describe, expect, it } from 'vitest';
import { type BlockNote, createBlockAdministration } from '../../../../shared/identity/blocks/administer-blocks.ts';
import type { Actor } from '../../../../shared/transcripts/entry.ts';
import { proves } from '../../../requirements.ts';
import { ALICE, alice, BOB, createWorld, EPOCH_MS } from './blocks-fixture.ts';

const dave: Actor = { principal: { kind: 'user', id: BOB, name: 'dave', guest: false }, channel: 'api' };
const onAlice = { kind: 'principal', value: ALICE } as const;

async function createScene() {
  const { store, start } = createWorld();
  const instance = start();
  await instance.load();
  /** What was recorded and what was asked of the store, in the order in which it happened. */
  const happened: string[] = store.operations;
  const scene = { notes: [] as BlockNote[], recordFails: false };
  const administration = createBlockAdministration({
    blocks: instance,
    record: async (note) => {
      if (scene.recordFails) throw new Error('not durable');
      scene.notes.push(note);
      happened.push(`record ${note.action}`);
    },
    note: async (note) => void scene.notes.push(note),
    nowMs: () => EPOCH_MS,
  });
  happened.length = 0;
  return { store, instance, administration, scene, happened };
}

describe('administering blocks', () => {
  it(proves('blocks.recorded', 'records who blocks whom and why before it blocks them'), async () => {
    const { administration, instance, scene, happened } = await createScene();
    const order = { key: onAlice, reason: 'phone lost', forMs: 7_200_000 };
    const added = await administration.add(dave, order);
    const block = { ...onAlice, reason: 'phone lost', by: { id: BOB, name: 'dave' }, createdMs: EPOCH_MS };
    expect(added).toEqual({ ok: true, value: { ...block, untilMs: EPOCH_MS + 7_200_000 } });
    expect(happened).toEqual(['record block-add', 'put principal']);
    const detail = `principal ${ALICE} until 2026-11-22T14:00:00.000Z: phone lost`;
    expect(scene.notes).toEqual([{ action: 'block-add', by: dave, detail }]);
    expect(await instance.ask(alice)).toBe('blocked');
  });

  it(proves('blocks.recorded', 'records who lets whom in again before they are'), async () => {
    const { administration, instance, happened } = await createScene();
    await administration.add(dave, { key: { ...onAlice, server: 'crm' }, reason: 'r' });
    happened.length = 0;
    const removed = await administration.remove(dave, { ...onAlice, server: 'crm' });
    expect(removed).toMatchObject({ ok: true, value: { server: 'crm', reason: 'r' } });
    expect(happened).toEqual(['list', 'record block-remove', 'remove principal']);
    expect(await instance.ask(alice)).toBe('free');
  });

  it(proves('blocks.recorded', 'changes nothing that it cannot record'), async () => {
    const { administration, store, scene, happened } = await createScene();
    await administration.add(dave, { key: onAlice, reason: 'r' });
    scene.recordFails = true;
    happened.length = 0;
    const add = await administration.add(dave, { key: { kind: 'token', value: 't' }, reason: 'r' });
    const remove = await administration.remove(dave, onAlice);
    expect([add, remove]).toMatchObject([
      { ok: false, error: { code: 'not-done' } },
      { ok: false, error: { code: 'not-done' } },
    ]);
    expect(happened).toEqual(['list']);
    expect(store.rows.size).toBe(1);
  });

  it('says and records when nobody knows whether it took effect; the same again does no harm', async () => {
    const { administration, store, scene } = await createScene();
    store.loseNextResponse = true;
    expect(await administration.add(dave, { key: onAlice, reason: 'r' })).toMatchObject({
      error: { code: 'not-known' },
    });
    expect(scene.notes.map(({ action }) => action)).toEqual(['block-add', 'block-add-failed']);
    expect(await administration.add(dave, { key: onAlice, reason: 'r' })).toMatchObject({ ok: true });
    expect(store.rows.size).toBe(1);
  });

  it('removes nothing where there is none, nor where it cannot be read', async () => {
    const { administration, store, scene } = await createScene();
    expect(await administration.remove(dave, onAlice)).toEqual({ ok: true, value: undefined });
    store.isDown = true;
    expect(await administration.remove(dave, onAlice)).toMatchObject({ error: { code: 'not-done' } });
    expect(scene.notes).toEqual([]);
  });
});
