/** Which replies were taken, in Azurite, through the client that the app uses. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createTable } from '../../shared/azure/clients.ts';
import { createReplyTable, type ReplyTable } from '../../shared/azure/reply-table.ts';
import { proves } from '../requirements.ts';
import { createSelfSigningCredential } from './key-vault-clients.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

const NOON_MS = Date.UTC(2026, 10, 22, 12);

let azurite: Azurite;
let proxy: LossyProxy;
let tables = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
});
afterAll(async () => {
  await proxy?.stop();
  await azurite?.stop();
});
beforeEach(() => {
  tables += 1;
});

/** One instance's; all of a test share a table. */
function createMarks(): ReplyTable {
  const lossyUrl = azurite.tableUrl.replace(/:\d+/, `:${proxy.port}`);
  const connectionString = azurite.connectionString.replace(azurite.tableUrl, lossyUrl);
  return createReplyTable({
    table: createTable({ connectionString }, createSelfSigningCredential(), `replies${tables}`),
    randomBytes,
  });
}

describe('the table of replies', () => {
  it(proves('teams.replay', 'lets one of many instances have a message'), async () => {
    expect(await createMarks().claim('warm', NOON_MS)).toBe(true);
    const claims = await Promise.all(Array.from({ length: 10 }, () => createMarks().claim('message', NOON_MS)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await createMarks().claim('message', NOON_MS)).toBe(false);
    expect(await createMarks().claim('another', NOON_MS)).toBe(true);
  });

  it(proves('teams.replay', 'knows its own claim when the response was lost, and another’s'), async () => {
    await createMarks().claim('warm', NOON_MS);
    proxy.loseNext('POST ');
    expect(await createMarks().claim('message', NOON_MS)).toBe(true);
    expect(proxy.lost).toBeGreaterThan(0);
    expect(await createMarks().claim('message', NOON_MS)).toBe(false);
  });

  it('forgets what is past its time, and nothing else', async () => {
    expect(await createMarks().forget(NOON_MS)).toBe(0);
    await createMarks().claim('old', NOON_MS - 1);
    await createMarks().claim('new', NOON_MS + 1);
    expect(await createMarks().forget(NOON_MS)).toBe(1);
    expect(await createMarks().claim('old', NOON_MS)).toBe(true);
    expect(await createMarks().claim('new', NOON_MS)).toBe(false);
  });
});
