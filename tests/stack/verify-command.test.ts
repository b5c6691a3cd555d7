/** `sallyport verify` as an auditor runs it: a process of its own, against blobs in a folder and the local stack. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vaultNames } from '../../infra/local/app-environment.ts';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { startEntra } from '../../infra/local/entra/start.ts';
import { startKeyVault } from '../../infra/local/key-vault/start.ts';
import { removeStackFile, writeStackFile } from '../../infra/local/stack-file.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { createKeyVaultEndorser } from '../../shared/azure/key-vault-endorser.ts';
import { proves } from '../requirements.ts';
import {
  createScene,
  eventEntry,
  intentEntry,
  segmentsOf,
  session,
  testEndorsingKey,
  vaultKeyId,
} from '../unit/transcripts/scene.ts';
import { createSealScene } from '../unit/transcripts/seals/seal-scene.ts';
import { createBlobRecorder } from './blob-recorder.ts';
import { createKeyClient, createSelfSigningCredential } from './key-vault-clients.ts';

const cli = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runVerify(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'verify', ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

/** A closed segment with a side blob and an open one, as files; and the vault's public key. */
async function writeFolder(name: string): Promise<{ at: string; key: string; closed: string }> {
  const { recorder, store } = createScene();
  await recorder.record(session, intentEntry('c-1'));
  await recorder.record(session, eventEntry('e-1', 'x'.repeat(70_000)));
  await recorder.close();
  const [closed = ''] = segmentsOf(store);
  const open = createScene({ store });
  await open.recorder.record({ ...session, id: 'k1-open' }, intentEntry('c-2'));
  const at = join(folder, name);
  for (const [path, bytes] of store.content) {
    await mkdir(dirname(join(at, path)), { recursive: true });
    await writeFile(join(at, path), bytes);
  }
  const key = join(folder, `${name}.jwk`);
  const jwk = (await testEndorsingKey(vaultKeyId))?.export({ format: 'jwk' });
  await writeFile(key, JSON.stringify({ ...jwk, kid: vaultKeyId }));
  return { at, key, closed: join(at, closed) };
}

describe('sallyport verify --folder', () => {
  it(proves('verify.exit-codes', 'ends with 0 when everything holds, and says what that is worth'), async () => {
    const { at, key } = await writeFolder('intact');
    const { code, stdout, stderr } = await runVerify('--folder', at, '--key', key);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^intact: /);
    expect(stdout).toContain('2 segments: 1 intact and closed, 1 open or cut off, 0 tampered, 0 unreadable');
    expect(stdout).toContain('assurance: self-consistent');
    expect(stdout).toContain('does not cover: removal of a whole segment');
  });

  it(proves('verify.exit-codes', 'ends with 1 when a record was changed, and names it'), async () => {
    const { at, key, closed } = await writeFolder('tampered');
    await writeFile(closed, (await readFile(closed, 'utf8')).replace('alice', 'carol'));
    const { code, stdout } = await runVerify('--folder', at, '--key', key);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^tampered +transcripts-standard\/crm\/2026\/11\/22\/.*\.jsonl \(0 lines\)\n +record 1 at byte \d+: /,
    );
    expect(stdout).toContain('assurance: none');
  });

  it(
    proves('verify.exit-codes', 'ends with 2 when it could not read, found nothing, or was asked wrongly'),
    async () => {
      const { at, key } = await writeFolder('unreadable');
      const empty = join(folder, 'empty');
      await mkdir(empty);
      const none = join(folder, 'none');
      const runs = await Promise.all([
        runVerify('--folder', none, '--key', key),
        runVerify('--folder', at, '--key', none),
        runVerify('--folder', at),
        runVerify('--folder', empty, '--key', key),
        runVerify('--folder', at, '--key', key, '--session', 'k1-nobody'),
        runVerify('--folder', at, '--local'),
        runVerify('--no-such-flag'),
        runVerify('--account', 'http://account.example', '--vault', 'https://vault.example'),
        runVerify('--local', '--data', none),
      ]);
      expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 2));
      for (const { stderr } of runs) expect(stderr).not.toContain('    at ');
    },
  );

  it('prints JSON for programs, without a control character from a name', async () => {
    const { at, key } = await writeFolder('json');
    await writeFile(join(at, 'transcripts-standard', 'odd\u001b[31m'), 'x');
    const asJson = await runVerify('--folder', at, '--key', key, '--json');
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      state: 'tampered',
      totals: { segments: 3, tampered: 1 },
      segments: [{ segment: 'odd\u001b[31m', state: 'tampered', fault: { code: 'foreign-blob' } }],
      assurance: { level: 'none' },
    });
    const asText = await runVerify('--folder', at, '--key', key, '--verbose');
    expect(asText.stdout).not.toContain('\u001b');
    expect(asText.stdout).toContain('odd\\u{1b}[31m');
    expect(asText.stdout.match(/^intact-closed/gm)).toHaveLength(1);
  });

  it('takes the key as PEM too, and refuses records that another key endorsed', async () => {
    const { at } = await writeFolder('pem');
    const pem = join(folder, 'seal.pem');
    await writeFile(pem, (await testEndorsingKey(vaultKeyId))?.export({ type: 'spki', format: 'pem' }) ?? '');
    expect((await runVerify('--folder', at, '--key', pem)).code).toBe(0);
    const other = join(folder, 'other.jwk');
    await writeFile(other, JSON.stringify({ kty: 'EC', crv: 'P-256', ...anotherPoint }));
    const { code, stdout } = await runVerify('--folder', at, '--key', other);
    expect(code).toBe(1);
    expect(stdout).toContain('endorsement-invalid');
  });
});

describe('sallyport verify --folder, with seals', () => {
  /** Two sessions, sealed; one more record after it. */
  async function writeSealedFolder(name: string): Promise<{ at: string; key: string; first: string }> {
    const { recorder, store, seal } = createSealScene();
    await recorder.record(session, intentEntry('c-1'));
    await seal();
    await recorder.record({ ...session, server: 'mail' }, eventEntry('e-1'));
    await seal();
    await recorder.record(session, eventEntry('e-2'));
    const at = join(folder, name);
    for (const [path, bytes] of store.content) {
      await mkdir(dirname(join(at, path)), { recursive: true });
      await writeFile(join(at, path), bytes);
    }
    const key = join(folder, `${name}.jwk`);
    await writeFile(key, JSON.stringify((await testEndorsingKey(vaultKeyId))?.export({ format: 'jwk' })));
    return { at, key, first: join(at, segmentsOf(store)[0] ?? '') };
  }

  it(proves('verify.assurance', 'says what seals show, what none covers yet, and which seal to keep'), async () => {
    const { at, key } = await writeSealedFolder('sealed');
    const { code, stdout } = await runVerify('--folder', at, '--key', key);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^seals 1 to 2 intact, the last of 2026-11-22T12:00:00.000Z; 2 segments sealed, 0 daily/m);
    expect(stdout).toContain('covers: nothing that seals 1 to 2 name was removed or changed');
    expect(stdout).toContain('does not cover: 2 records in 1 segments are newer than the last seal over them');
    const [, anchor = ''] = /the last one here is (2:[0-9a-f]{64})/.exec(stdout) ?? [];
    const anchored = await runVerify('--folder', at, '--key', key, '--anchor', anchor);
    expect(anchored.stdout).toContain('assurance: anchored');
  });

  it(proves('verify.anchor', 'takes a kept seal as a file too, and ends with 1 where it does not stand'), async () => {
    const { at, key } = await writeSealedFolder('anchored');
    const seal = join(at, 'seals/chain/0000000/0000000002.json');
    const kept = join(folder, 'kept.json');
    await writeFile(kept, await readFile(seal));
    const run = () => runVerify('--folder', at, '--key', key, '--anchor', kept, '--json');
    expect(JSON.parse((await run()).stdout)).toMatchObject({
      assurance: { level: 'anchored' },
      seals: { anchors: [2] },
    });
    await rm(seal);
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'tampered', seals: { faults: [{ code: 'anchor-differs' }] } });
    expect((await runVerify('--folder', at, '--key', key, '--anchor', 'nothing')).code).toBe(2);
  });

  it(proves('verify.scope', 'looks at some days or one server, and refuses days that are none'), async () => {
    const { at, key, first } = await writeSealedFolder('scoped');
    await rm(first);
    const run = (...flags: string[]) => runVerify('--folder', at, '--key', key, ...flags);
    const [whole, mail, crm, later, bad] = await Promise.all([
      run(),
      run('--server', 'mail', '--since', '2026-11-22', '--until', '2026-11-22'),
      run('--server', 'crm'),
      run('--since', '2026-11-23'),
      run('--since', '2026-11-31'),
    ]);
    expect([whole.code, mail.code, crm.code, later.code, bad.code]).toEqual([1, 0, 1, 2, 2]);
    expect(whole.stdout).toContain('(segment-missing)');
    expect(mail.stdout).toContain('1 segment: 0 intact and closed, 1 open or cut off');
  });
});

/** The base point of P-256: a public key that nobody here signs with. */
const anotherPoint = {
  x: Buffer.from('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', 'hex').toString('base64url'),
  y: Buffer.from('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5', 'hex').toString('base64url'),
};

describe('sallyport verify --local', () => {
  it('reads the running stack, and its data folder when none runs', async () => {
    const data = join(folder, 'data');
    await mkdir(join(data, 'azurite'), { recursive: true });
    const azurite = await startAzurite({ folder: join(data, 'azurite') });
    const entra = await startEntra({ port: 0, folder: data, publicUrl: 'http://127.0.0.1:7071', servers: ['crm'] });
    const { issuer, tenantId, keysUrl } = entra;
    const vault = await startKeyVault({ port: 0, folder: data, issuer, tenantId, keysUrl });
    try {
      await vault.ensureKey(vaultNames.sealKey, 'EC');
      const token = await entra.issueToken({
        app: 'gateway-identity',
        version: 1,
        audience: 'https://vault.azure.net',
      });
      const credential = {
        ...createSelfSigningCredential(),
        getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }),
      };
      await writeRecords(azurite, createKeyVaultEndorser(createKeyClient(vault.url, credential), vaultNames.sealKey));
      const gateway = 'http://127.0.0.1:7071';
      await writeStackFile(data, {
        ...{ gateway, crm: gateway, graph: gateway, entra: entra.url, keyVault: vault.url, pid: process.pid },
        serviceBus: 'sb://127.0.0.1:1',
        teams: 'http://127.0.0.1:1',
        ...{ blob: azurite.blobUrl, table: azurite.tableUrl, queue: azurite.queueUrl },
      });
      const running = await runVerify('--local', '--data', data);
      expect(running).toMatchObject({ code: 0, stderr: '' });
      expect(running.stdout).toContain('intact: the stack at http://127.0.0.1:7071');
      expect(running.stdout).toContain('1 intact and closed');
    } finally {
      await removeStackFile(data);
      await Promise.all([azurite.stop(), vault.stop(), entra.stop()]);
    }
    const before = (await readdir(data)).sort();
    const resting = await runVerify('--local', '--data', data);
    expect(resting).toMatchObject({ code: 0, stderr: '' });
    expect(resting.stdout).toContain('1 intact and closed');
    expect((await readdir(data)).filter((name) => !name.startsWith('lock.sqlite')).sort()).toEqual(before);
  });
});

async function writeRecords(azurite: Azurite, endorser: ReturnType<typeof createKeyVaultEndorser>): Promise<void> {
  await prepareStorage(azurite.connectionString, ['standard']);
  const recorder = createBlobRecorder(BlobServiceClient.fromConnectionString(azurite.connectionString), { endorser });
  await recorder.record(session, intentEntry('c-1'));
  await recorder.close();
}
