/** A storage service that takes every request and answers none: whoever asks is told within the adapters' own deadline. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApprovalsTable } from '../../shared/azure/approvals-table.ts';
import { createSealedBlobs } from '../../shared/azure/sealed-blobs.ts';
import { proves } from '../requirements.ts';
import { makeApproval, makeDecision, makeOpenRow } from '../unit/approvals/approval-fixture.ts';

const sockets = new Set<Socket>();
let silent: Server;
let connectionString: string;

beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/account`;
  const key = Buffer.from('no secret').toString('base64');
  connectionString = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${key};TableEndpoint=${endpoint};BlobEndpoint=${endpoint};`;
});

afterAll(async () => {
  const closed = new Promise<void>((resolve) => silent.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
});

describe('a storage service that never answers', () => {
  it(proves('approvals.deadline', 'holds nobody who asks for approvals or for what is sealed'), async () => {
    const store = createApprovalsTable(
      TableClient.fromConnectionString(connectionString, 'approvals', { allowInsecureConnection: true }),
    );
    const blobs = createSealedBlobs(BlobServiceClient.fromConnectionString(connectionString));
    const approval = makeApproval();
    // All at once: the test takes one deadline, not one for each.
    const outcomes = await Promise.allSettled([
      store.readHead(approval.fingerprint),
      store.open(approval, undefined),
      store.read(approval.id),
      store.replace(approval, 'W/"1"'),
      store.insertDecision(makeDecision(approval)),
      store.listDecisions(approval.id),
      store.putOpen(makeOpenRow(approval)),
      store.removeOpen(approval.id),
      Array.fromAsync(store.listOpen()),
      blobs.put('name', Buffer.from('sealed')),
      blobs.get('name'),
      blobs.delete('name'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'));
    expect(sockets.size).toBeGreaterThan(0);
  });
});
