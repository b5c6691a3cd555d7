/** What stands on record of refusals at the API's door, and how little a flood adds to it. */
import { describe, expect, it } from 'vitest';
import type { AdministrationNote } from '../../../shared/calls/administration.ts';
import { NOTED_PER_MINUTE } from '../../../shared/gateway/bounded-notes.ts';
import { createRefusalNotes } from '../../../shared/gateway/note-api-refusals.ts';
import { proves } from '../../requirements.ts';
import { bob } from '../api/api-scene.ts';

const missing = { code: 'missing', detail: 'no bearer token', address: '192.0.2.1' };
const blocked = { code: 'blocked', detail: 'phone lost', address: '192.0.2.2', caller: bob };

function createSubject() {
  const notes: AdministrationNote[] = [];
  const clock = { nowMs: 1_000_000 };
  const refused = createRefusalNotes({ note: async (note) => void notes.push(note), nowMs: () => clock.nowMs });
  return { notes, clock, refused };
}

describe('a refusal', () => {
  it(proves('api.refusals', 'says why and from where, and who it was once their token was good'), async () => {
    const { notes, refused } = createSubject();
    await refused(missing);
    await refused(blocked);
    const { principal, agent, tokenId } = bob;
    expect(notes).toEqual([
      { action: 'api-refused', detail: 'missing: no bearer token, from 192.0.2.1' },
      {
        action: 'api-refused',
        detail: 'blocked: phone lost, from 192.0.2.2',
        by: { principal, agent, tokenId, channel: 'api', address: '192.0.2.2' },
      },
    ]);
  });

  it(proves('api.refusals', 'in a flood is counted, and the count is told by the next that is noted'), async () => {
    const { notes, clock, refused } = createSubject();
    for (let count = 0; count < NOTED_PER_MINUTE + 30; count += 1) await refused(missing);
    expect(notes).toHaveLength(NOTED_PER_MINUTE);
    clock.nowMs += 59_999;
    await refused(missing);
    expect(notes).toHaveLength(NOTED_PER_MINUTE);
    clock.nowMs += 1;
    await refused(missing);
    await refused(missing);
    expect(notes.slice(NOTED_PER_MINUTE).map(({ detail }) => detail)).toEqual([
      'missing: no bearer token, from 192.0.2.1; 31 more like it before were only counted',
      'missing: no bearer token, from 192.0.2.1',
    ]);
  });

  it(proves('api.refusals', 'of somebody known is not hidden by a flood of nobody'), async () => {
    const { notes, refused } = createSubject();
    for (let count = 0; count <= NOTED_PER_MINUTE; count += 1) await refused(missing);
    await refused(blocked);
    expect(notes.at(-1)).toMatchObject({ by: { principal: bob.principal } });
  });

  it('is noted though the clock went back', async () => {
    const { notes, clock, refused } = createSubject();
    for (let count = 0; count < NOTED_PER_MINUTE; count += 1) await refused(missing);
    clock.nowMs -= 10_000;
    await refused(missing);
    expect(notes).toHaveLength(NOTED_PER_MINUTE + 1);
  });
});
