/** The sealed store's blobs over Azurite, through the real client: written once, whatever becomes of the responses. */
import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { createSealedStore, MAX_SEALED_BYTES } from '../../shared/approvals/sealed-store.ts';
import { createSealedBlobs, SEALED_CONTAINER } from '../../shared/azure/sealed-blobs.ts';
import { loadKeyring } from '../../shared/keys/load-keyring.ts';
import { proves } from '../requirements.ts';
import { alice, makeApproval } from '../unit/approvals/approval-fixture.ts';
import { createMemoryTable, createMemoryWrapper } from '../unit/keys/memory-vault.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let direct: BlobServiceClient;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.blobUrl).port));
  direct = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await prepareStorage(azurite.connectionString, []);
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

const nextName = (): string => `${makeApproval().id}/request-${randomBytes(16).toString('hex')}`;

/** Blobs whose responses can be lost; `maxTries`: of the SDK's own retry policy. */
function lossyBlobs(maxTries: number) {
  const { port } = new URL(azurite.blobUrl);
  const connection = azurite.connectionString.replaceAll(`:${port}/`, `:${proxy.port}/`);
  return createSealedBlobs(
    BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries, retryDelayInMs: 10 } }),
  );
}

describe('sealed blobs', () => {
  // One request; several pieces and their commit; the longest that there can be.
  it.each([0, 1, 9 * 1024 * 1024, MAX_SEALED_BYTES + 29])('come back as they were: %i bytes', async (length) => {
    const [blobs, name, bytes] = [createSealedBlobs(direct), nextName(), randomBytes(length)];
    await blobs.put(name, bytes);
    const back = await blobs.get(name);
    expect(back !== undefined && bytes.equals(back)).toBe(true);
  });

  it('are not there before they were put and once they were deleted', async () => {
    const [blobs, name] = [createSealedBlobs(direct), nextName()];
    expect(await blobs.get(name)).toBeUndefined();
    await blobs.delete(name);
    await blobs.put(name, Buffer.from('sealed'));
    await blobs.delete(name);
    await blobs.delete(name);
    expect(await blobs.get(name)).toBeUndefined();
  });

  it.each([
    ['in one request', 1_000],
    ['in pieces', 5 * 1024 * 1024],
  ])('are never replaced by other bytes, and may be put again as they are (%s)', async (_, length) => {
    const [blobs, name, bytes] = [createSealedBlobs(direct), nextName(), randomBytes(length)];
    await blobs.put(name, bytes);
    await blobs.put(name, bytes);
    await expect(blobs.put(name, randomBytes(length))).rejects.toThrow('something else stands');
    expect(bytes.equals((await blobs.get(name)) ?? Buffer.of())).toBe(true);
  });

  it.each([
    { request: 'x-ms-blob-type: BlockBlob', length: 1_000 },
    { request: 'comp=block&', length: 5 * 1024 * 1024 },
    { request: 'comp=blocklist', length: 5 * 1024 * 1024 },
  ])(
    proves('approvals.lost-response', 'stand as they were put when a response is lost ($request)'),
    async ({ request, length }) => {
      const [name, bytes, before] = [nextName(), randomBytes(length), proxy.lost];
      proxy.loseNext(request);
      await lossyBlobs(3).put(name, bytes);
      expect(proxy.lost - before).toBe(1);
      expect(bytes.equals((await createSealedBlobs(direct).get(name)) ?? Buffer.of())).toBe(true);
    },
  );

  it(proves('approvals.lost-response', 'reject without the SDK’s own retry, and stand all the same'), async () => {
    const [name, before] = [nextName(), proxy.lost];
    proxy.loseNext('x-ms-blob-type: BlockBlob');
    await expect(lossyBlobs(1).put(name, Buffer.from('sealed'))).rejects.toThrow();
    expect(proxy.lost - before).toBe(1);
    expect(await createSealedBlobs(direct).get(name)).toEqual(Buffer.from('sealed'));
    await lossyBlobs(1).put(name, Buffer.from('sealed'));
  });

  it('are deleted once when a response is lost', async () => {
    const [name, before] = [nextName(), proxy.lost];
    await createSealedBlobs(direct).put(name, Buffer.from('sealed'));
    proxy.loseNext('DELETE ');
    await lossyBlobs(3).delete(name);
    expect(proxy.lost - before).toBe(1);
    expect(await createSealedBlobs(direct).get(name)).toBeUndefined();
  });

  it('are not read when they are longer than any of ours', async () => {
    const name = nextName();
    const foreign = direct.getContainerClient(SEALED_CONTAINER).getBlockBlobClient(name);
    await foreign.uploadData(Buffer.alloc(MAX_SEALED_BYTES + 65));
    await expect(createSealedBlobs(direct).get(name)).rejects.toThrow('longer than any that is written here');
  });

  it('reject where there is no container: that is an outage, not an erased blob', async () => {
    const elsewhere = BlobServiceClient.fromConnectionString(azurite.connectionString);
    const name = nextName();
    await elsewhere.getContainerClient(SEALED_CONTAINER).delete();
    try {
      const blobs = createSealedBlobs(elsewhere);
      await expect(blobs.get(name)).rejects.toMatchObject({ statusCode: 404 });
      await expect(blobs.put(name, Buffer.from('sealed'))).rejects.toMatchObject({ statusCode: 404 });
    } finally {
      await prepareStorage(azurite.connectionString, []);
    }
  });

  it(proves('sealed.bound', 'hold what the sealed store seals, and only it opens them'), async () => {
    const keyring = await loadKeyring({ store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes });
    const store = createSealedStore({ keyring, blobs: createSealedBlobs(direct), randomBytes });
    const binding = { approval: makeApproval().id, kind: 'answer', principal: alice.id } as const;
    const answer = Buffer.from('{"result":"refunded"}');
    const ref = await store.seal(binding, answer);
    const standing = await createSealedBlobs(direct).get(ref.blob);
    expect(standing === undefined || Buffer.from(standing).includes(answer)).toBe(false);
    expect(await store.open(binding, ref)).toEqual({ ok: true, value: answer });
    await store.erase(ref);
    expect(await store.open(binding, ref)).toEqual({ ok: false, error: 'erased' });
  });
});
