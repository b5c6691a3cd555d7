/** Who is a guest, from the Graph stand-in over the wire. */
import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleDirectory, sampleId } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { type Graph, startGraph } from '../../infra/local/graph/start.ts';
import { createGraphGuestSource } from '../../shared/azure/graph-guests.ts';
import { err, ok } from '../../shared/result.ts';
import { startSampleEntra } from './entra-client.ts';

let entra: Entra;
let graph: Graph;
const visitor = {
  name: 'visitor',
  displayName: 'A visitor',
  objectId: sampleId('b9'),
  principalName: 'visitor_elsewhere.example#EXT#@sallyport.example',
  groups: [],
  isGuest: true,
};

beforeAll(async () => {
  entra = await startSampleEntra();
  const directory = { ...sampleDirectory, users: [...sampleDirectory.users, visitor] };
  graph = await startGraph({ port: 0, keysUrl: entra.keysUrl, directory });
});
afterAll(() => Promise.all([entra?.stop(), graph?.stop()]));
beforeEach(() => {
  vi.stubEnv('IDENTITY_ENDPOINT', entra.identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', entra.identity.header);
});
afterEach(() => {
  vi.unstubAllEnvs();
  graph.faults.clear();
});

function createSource(deadlineMs = 5_000) {
  return createGraphGuestSource({ url: graph.url, credential: new ManagedIdentityCredential(), deadlineMs });
}

describe('who is a guest', () => {
  it('is what the directory says', async () => {
    expect(await createSource().isGuest(sampleId('b2'))).toEqual(ok(false));
    expect(await createSource().isGuest(visitor.objectId)).toEqual(ok(true));
  });

  it('is not known of nobody, nor of what is no object id', async () => {
    expect(await createSource().isGuest(sampleId('99'))).toEqual(err(expect.anything()));
    expect(await createSource().isGuest('../groups')).toEqual(err(expect.anything()));
  });

  it('is not known while Graph fails or hangs', async () => {
    graph.faults.add({ does: 'fail', status: 500 });
    expect(await createSource().isGuest(sampleId('b2'))).toEqual(err(expect.anything()));
    graph.faults.add({ does: 'hang' });
    expect(await createSource(300).isGuest(sampleId('b2'))).toEqual(err(expect.anything()));
  });
});
