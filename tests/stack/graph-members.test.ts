/** Who is in a group, page by page, from the Graph stand-in over the wire. */
import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleDirectory, sampleGroups, sampleId } from '../../infra/local/entra/directory.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { type Graph, startGraph } from '../../infra/local/graph/start.ts';
import { createGraphGroupMembers } from '../../shared/azure/graph-members.ts';
import { err, ok } from '../../shared/result.ts';
import { proves } from '../requirements.ts';
import { startSampleEntra } from './entra-client.ts';

let entra: Entra;
let graph: Graph;
const CROWD = 2_100;

beforeAll(async () => {
  entra = await startSampleEntra();
  const crowd = Array.from({ length: CROWD }, (_, n) => ({
    name: `member-${n}`,
    displayName: `Member ${n}`,
    objectId: sampleId(`f${n.toString(16).padStart(4, '0')}`),
    principalName: `member-${n}@sallyport.example`,
    groups: [sampleGroups.finance],
    isGuest: n === 7,
  }));
  const directory = { ...sampleDirectory, users: [...sampleDirectory.users, ...crowd] };
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

const membersOf = (group: string, most = 5_000, deadlineMs = 10_000) =>
  createGraphGroupMembers({ url: graph.url, credential: new ManagedIdentityCredential(), deadlineMs }).membersOf(
    group,
    most,
  );

describe('the members of a group', () => {
  it(proves('review.who-could', 'are all pages of them, with their names, guests as such'), async () => {
    const members = await membersOf(sampleGroups.finance);
    if (!members.ok) throw new Error('unavailable', { cause: members.error.cause });
    expect(members.value.isWhole).toBe(true);
    expect(new Set(members.value.members.map(({ id }) => id)).size).toBe(CROWD + 1);
    expect(members.value.members.filter(({ guest }) => guest).map(({ name }) => name)).toEqual([
      'member-7@sallyport.example',
    ]);
    expect(members.value.members[0]).toEqual({ id: sampleId('b2'), name: 'bob@sallyport.example', guest: false });
  });

  it('are as many as are wanted, and it is said that there are more', async () => {
    const members = await membersOf(sampleGroups.finance, 1_000);
    expect(members).toMatchObject(ok({ isWhole: false }));
    expect(members.ok && members.value.members.length).toBe(1_000);
  });

  it('are not known of a group that is not there, nor while Graph fails midway or hangs', async () => {
    const unknown = err({ cause: expect.anything() });
    expect(await membersOf(sampleId('99'))).toEqual(unknown);
    expect(await membersOf('../users')).toEqual(unknown);
    graph.faults.add({ does: 'fail', status: 500, path: 'skiptoken' });
    expect(await membersOf(sampleGroups.finance)).toEqual(unknown);
    graph.faults.clear();
    graph.faults.add({ does: 'hang' });
    expect(await membersOf(sampleGroups.finance, 10, 300)).toEqual(unknown);
  });
});
