/** `sallyport replay` as an auditor runs it offline: a process of its own, over a copy of the blobs and the public key. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionRef } from '../../shared/transcripts/entry.ts';
import { proves } from '../requirements.ts';
import { createDeskScene } from '../unit/sessions/desk-scene.ts';
import { callFacts, intent, outcome, SESSION } from '../unit/sessions/story-lines.ts';
import { testEndorsingKey, vaultKeyId } from '../unit/transcripts/scene.ts';
import { type Ended, runSallyport } from './sallyport-process.ts';

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
const other = `k1-${'9'.repeat(32)}`;
const HOSTILE = 'x\u001b[2J\u202Egnp';

let folder: string;
let key: string;

beforeAll(async () => {
  const scene = await createDeskScene();
  const exposure = [{ class: 'card', outcome: 'masked', count: 2 }] as const;
  await scene.record(
    session,
    intent('one'),
    outcome('one', { exposure, message: { result: 'Zoë pays with [masked:card]' } }),
    {
      kind: 'approval',
      approval: 'a-1',
      event: 'held',
      call: callFacts('two', 'refund_payment'),
      request: {},
      reason: HOSTILE,
    },
  );
  await scene.seal();
  await scene.record({ ...session, id: other }, intent('x', { call: callFacts('x', HOSTILE) }));
  folder = await mkdtemp(join(tmpdir(), 'sallyport-replay-'));
  for (const [name, bytes] of scene.store.content) {
    const path = join(folder, 'blobs', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  key = join(folder, 'key.json');
  await writeFile(
    key,
    JSON.stringify({ ...(await testEndorsingKey(vaultKeyId))?.export({ format: 'jwk' }), kid: vaultKeyId }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const replay = (...args: string[]): Promise<Ended> =>
  runSallyport(['replay', ...args, '--folder', join(folder, 'blobs'), '--key', key], { FORCE_COLOR: undefined });

describe('sallyport replay, offline', () => {
  it(proves('sessions.command', 'lists the sessions that fit, newest first'), async () => {
    const [all, some] = await Promise.all([replay(), replay('--tool', 'refund_payment', '--json')]);
    expect([all.code, all.stderr]).toEqual([0, '']);
    expect(all.stdout.indexOf(other)).toBeLessThan(all.stdout.indexOf(SESSION));
    expect(all.stdout).toContain('alice through assistant on crm');
    expect(all.stdout).toContain('card 2 masked');
    expect(JSON.parse(some.stdout)).toMatchObject({ sessions: [{ id: SESSION }], verified: 'intact' });
  });

  it(
    proves('sessions.command', 'prints a session as it went, with its proof; a terminal obeys nothing in it'),
    async () => {
      const [shown, open] = await Promise.all([replay(SESSION, '--content'), replay(other)]);
      expect([shown.code, shown.stderr]).toEqual([0, '']);
      expect(shown.stdout).toContain('verified, and all of it sealed');
      expect(shown.stdout).toContain('| {\n      |   "result": "Zoë pays with [masked:card]"');
      expect(shown.stdout).toContain('x\\u{1b}[2J\\u{202e}gnp');
      expect(open.stdout).toContain('newer than the last seal');
      expect(open.stdout).toMatch(/ ~ x\\u\{1b\}/);
      for (const unseen of ['\u001b', '\u202e']) expect(shown.stdout + open.stdout).not.toContain(unseen);
    },
  );

  it('says that a session is not there, and what is wrong with flags', async () => {
    const [absent, none, wrong] = await Promise.all([
      replay(`k1-${'0'.repeat(32)}`),
      replay('../../etc'),
      replay('--since', 'yesterday'),
    ]);
    expect([absent.code, none.code, wrong.code]).toEqual([1, 1, 2]);
    expect(wrong.stderr).toContain('--since');
  });

  it(proves('sessions.command', 'tells of what does not verify, does not show it, and exits 1'), async () => {
    const blobs = join(folder, 'blobs');
    const names = await readdir(blobs, { recursive: true });
    const path = join(blobs, names.find((name) => name.includes(SESSION) && name.endsWith('.jsonl')) ?? '');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('refund_payment', 'refund_paymenT'));
    const [shown, listed] = await Promise.all([replay(SESSION), replay()]);
    await writeFile(path, text);
    expect([shown.code, listed.code]).toEqual([1, 1]);
    expect(shown.stdout).toContain('SOMETHING DOES NOT VERIFY');
    expect(shown.stdout).not.toContain('refund_paymenT');
    expect(listed.stderr).toContain('sallyport verify');
  });
});
