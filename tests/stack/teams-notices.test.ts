/** Notices over the wire: the notifier, the app's own webhook client, its secret in the vault, the Teams stand-in. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { startTeams, type Teams } from '../../infra/local/teams/start.ts';
import { createNotifier } from '../../shared/approvals/notify.ts';
import { createKeyVaultSecretSource } from '../../shared/azure/key-vault-secrets.ts';
import { createTeamsWebhook } from '../../shared/azure/teams-webhook.ts';
import { createKeptSecret } from '../../shared/credentials/kept-secret.ts';
import { proves } from '../requirements.ts';
import { makeApproval } from '../unit/approvals/approval-fixture.ts';
import { createMemoryApprovalStore } from '../unit/approvals/memory-approval-store.ts';
import { createMemoryQueue } from '../unit/approvals/memory-queue.ts';
import { AUTHORITY, createSecretClient, TENANT } from './key-vault-clients.ts';

const NAME = 'teams-webhook-url';
const CARD = { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text: 'A card' }] };

let vault: KeyVault;
let teams: Teams;
const servers: Server[] = [];

beforeAll(async () => {
  vault = await startKeyVault({ port: 0, issuer: AUTHORITY, tenantId: TENANT });
});
beforeEach(async () => {
  teams = await startTeams({ port: 0, publicUrl: 'http://127.0.0.1:1' });
  await vault.ensureSecret(NAME, teams.webhookUrl);
});
afterEach(async () => {
  await teams.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
afterAll(() => vault?.stop());

function createWebhook(deadlineMs = 5_000) {
  const source = createKeyVaultSecretSource(createSecretClient(vault.url));
  const url = createKeptSecret({ source, name: NAME, nowMs: Date.now });
  return createTeamsWebhook({ url, fetch, deadlineMs });
}

/** Everything that an error says, its causes included. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (cause: unknown) => cause,
  );
  const lines: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause)
    lines.push(String(each.stack), JSON.stringify(each));
  return lines.join('\n');
}

describe('a notice', () => {
  it(proves('teams.notice', 'survives an outage of Teams: the second attempt posts the card'), async () => {
    const approvals = createMemoryApprovalStore();
    const queue = createMemoryQueue();
    const approval = makeApproval({ expiresMs: Date.now() + 3_600_000 });
    await approvals.open(approval, undefined);
    let count = 0;
    const notifier = createNotifier({
      approvals,
      queue,
      teams: createWebhook(),
      nowMs: Date.now,
      randomBytes: (length) => Buffer.alloc(length, ++count),
      log: () => undefined,
      publicUrl: 'http://127.0.0.1:7071',
      mayReply: () => true,
    });

    teams.faults.add({ does: 'fail', status: 503 });
    await notifier.post({ kind: 'notice', approval: approval.id, attempt: 1 });
    expect(teams.cards()).toEqual([]);

    const [next] = queue.take('approval-notices', Number.POSITIVE_INFINITY);
    await notifier.post(next?.body);
    expect(JSON.stringify(teams.cards())).toContain(`/ui/approvals/${approval.id}`);
    expect(approvals.snapshot().approvals).toMatchObject([{ state: 'pending', noticedMs: expect.any(Number) }]);
  });
});

describe('the webhook', () => {
  it(proves('teams.webhook', 'finds an address that was renewed when the old one is refused'), async () => {
    const webhook = createWebhook();
    await webhook.post(CARD);
    const other = await startTeams({ port: 0, publicUrl: 'http://127.0.0.1:1' });
    try {
      await vault.ensureSecret(NAME, other.webhookUrl);
      teams.faults.add({ does: 'fail', status: 410 });
      await webhook.post(CARD);
      expect([teams.cards().length, other.cards().length]).toEqual([1, 1]);
    } finally {
      await other.stop();
    }
  });

  it(proves('teams.webhook', 'tells no address when it is refused, down, slow, or not in the vault'), async () => {
    const { search, port } = new URL(teams.webhookUrl);
    const failures: string[] = [];
    teams.faults.add({ does: 'fail', status: 404 });
    failures.push(await failureOf(createWebhook().post(CARD)));
    teams.faults.add({ does: 'hang' });
    failures.push(await failureOf(createWebhook(200).post(CARD)));
    await teams.stop();
    failures.push(await failureOf(createWebhook().post(CARD)));
    vault.faults.add({ does: 'fail', status: 500, path: '/secrets/', times: 10 });
    failures.push(await failureOf(createWebhook().post(CARD)));
    vault.faults.clear();
    const [refused, slow, down] = failures;
    expect(refused).toContain('the Teams workflow answered 404');
    expect(slow).toMatch(/took too long|no answer in time/);
    expect(down).toContain('could not be reached (ECONNREFUSED)');
    for (const failure of failures) {
      expect(failure).not.toContain('it did not fail');
      expect(failure).not.toContain(search.slice(5));
      expect(failure).not.toContain(`:${port}/`);
    }
  });

  it.each(['http://example.com/workflows/x', 'ftp://example.com', 'secret-words', 'https://user:pass@example.com/'])(
    proves('teams.webhook', 'posts to https or to this machine only: not %s'),
    async (address) => {
      await vault.ensureSecret(NAME, address);
      const failure = await failureOf(createWebhook().post(CARD));
      expect(failure).toContain('the address of the Teams workflow');
      expect(failure).not.toContain(address);
    },
  );

  it(proves('teams.webhook', 'follows no redirect'), async () => {
    const elsewhere = createServer((_request, response) =>
      response.writeHead(307, { location: teams.webhookUrl }).end(),
    );
    servers.push(elsewhere);
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    await vault.ensureSecret(NAME, `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/workflows/x`);
    expect(await failureOf(createWebhook().post(CARD))).toContain('answered 307');
    expect(teams.cards()).toEqual([]);
  });
});
