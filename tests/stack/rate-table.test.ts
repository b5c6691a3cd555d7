/** The instances' counts over Azurite, through the client that the app uses. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { createTable } from '../../shared/azure/clients.ts';
import { createRateTable } from '../../shared/azure/rate-table.ts';
import { createLimiter } from '../../shared/limits/create-limiter.ts';
import type { RateStore } from '../../shared/limits/rate-store.ts';
import { proves } from '../requirements.ts';
import { createSelfSigningCredential } from './key-vault-clients.ts';
import { type LossyProxy, startLossyProxy } from './tcp-proxy.ts';

let azurite: Azurite;
let proxy: LossyProxy;
let tables = 0;
let store: RateStore;
let connectionString: string;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startLossyProxy(Number(new URL(azurite.tableUrl).port));
  connectionString = azurite.connectionString.replace(
    azurite.tableUrl,
    azurite.tableUrl.replace(/:\d+/, `:${proxy.port}`),
  );
});

afterAll(async () => {
  await proxy?.stop();
  await azurite?.stop();
});

beforeEach(() => {
  tables += 1;
  store = createRateTable(client());
});

function client() {
  return createTable({ connectionString }, createSelfSigningCredential(), `limits${tables}`);
}

const FIRST = Math.floor(Date.UTC(2026, 6, 1) / 2_000);

describe('the table of counts', () => {
  it('reads as empty before it is there, is made by the first row, and gives the counts back as they were', async () => {
    expect(await store.list()).toEqual([]);
    const counts = new Map([
      ['alice', new Map([[FIRST, 3]])],
      [
        'bob',
        new Map([
          [FIRST + 2, 1],
          [FIRST + 30, 12],
        ]),
      ],
    ]);
    await store.put({ writer: 'instance-1', counts });
    const [row, ...more] = await store.list();
    expect(more).toEqual([]);
    expect(row).toMatchObject({ writer: 'instance-1', counts });
    expect(Math.abs((row?.writtenMs ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it('holds the most that an instance may have to tell', async () => {
    const everyBucket = Array.from({ length: 32 }, (_, index) => [FIRST + index, 99_999] as const);
    const names = Array.from({ length: 2_000 }, (_, index) => String(index).padStart(22, '-'));
    const counts = new Map(names.map((name) => [name, new Map(everyBucket)]));
    await store.put({ writer: 'instance-1', counts });
    const [row] = await store.list();
    expect(row?.counts.size).toBe(2_000);
    expect(row?.counts.get(names.at(-1) ?? '')).toEqual(new Map(everyBucket));
  });

  it('replaces a row whole: what was there before is gone, also where it was longer', async () => {
    const many = Array.from({ length: 900 }, (_, index) => [`principal-${index}`, new Map([[FIRST, 1]])] as const);
    await store.put({ writer: 'instance-1', counts: new Map([...many, ...many]) });
    const counts = new Map([['alice', new Map([[FIRST, 1]])]]);
    await store.put({ writer: 'instance-1', counts });
    expect(await store.list()).toMatchObject([{ counts }]);
  });

  it('a write whose response was lost stands once, and is no failure', async () => {
    await store.put({ writer: 'instance-1', counts: new Map() });
    proxy.loseNext('PUT ');
    await store.put({ writer: 'instance-1', counts: new Map([['alice', new Map([[FIRST, 1]])]]) });
    expect(proxy.lost).toBeGreaterThan(0);
    expect(await store.list()).toHaveLength(1);
  });

  it('removes a row only in the version that was seen, and takes one that is gone for removed', async () => {
    await store.put({ writer: 'instance-1', counts: new Map() });
    const [seen] = await store.list();
    await store.put({ writer: 'instance-1', counts: new Map() });
    await store.remove('instance-1', seen?.version);
    expect(await store.list()).toHaveLength(1);
    await store.remove('instance-1');
    await store.remove('instance-1');
    expect(await store.list()).toEqual([]);
  });

  it('takes a row of another shape for one without counts', async () => {
    await store.put({ writer: 'instance-1', counts: new Map() });
    await client().upsertEntity({ partitionKey: 'instances', rowKey: 'newer', counts0: '{"version":2}' }, 'Replace');
    await client().upsertEntity({ partitionKey: 'instances', rowKey: 'odd', counts0: 'not JSON' }, 'Replace');
    const rows = await store.list();
    expect(rows.map((row) => [row.writer, row.counts.size])).toEqual([
      ['instance-1', 0],
      ['newer', 0],
      ['odd', 0],
    ]);
  });
});

describe('limiters over the table', () => {
  it(proves('limits.shared', 'what one instance let in counts at the next one, over the real store'), async () => {
    const logged: string[] = [];
    const timers: (() => void)[] = [];
    const [one, other] = ['instance-1', 'instance-2'].map((id) =>
      createLimiter({
        limits: {
          principal: { callsAtOnce: 100, streamsAtOnce: 1, callsPerMinute: 10 },
          server: { callsAtOnce: 100, streamsAtOnce: 1 },
        },
        store: createRateTable(client()),
        nowMs: Date.now,
        after: (_delayMs, run) => {
          timers.push(run);
          return () => undefined;
        },
        newId: () => id,
        log: (_level, event) => logged.push(event),
      }),
    );
    for (let call = 0; call < 10; call += 1) expect(one?.enter('alice', 'crm', 'call').ok).toBe(true);
    // Each instance's first exchange ends with a timer for the next.
    await expect.poll(() => timers.length).toBe(1);
    // The first exchange began with the first call; the next one tells of all ten.
    timers.shift()?.();
    await expect.poll(() => timers.length).toBe(1);
    expect(other?.enter('somebody else', 'crm', 'call').ok).toBe(true);
    await expect.poll(() => timers.length).toBe(2);
    expect(other?.enter('alice', 'crm', 'call')).toMatchObject({ ok: false, error: { code: 'calls-per-minute' } });
    await Promise.all([one?.close(), other?.close()]);
    expect(logged).toEqual([]);
  });
});
