/** Replies over the wire: the stand-in's outgoing webhook, its secret in the vault, the marks in Azurite. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { sampleDirectory, sampleId } from '../../infra/local/entra/directory.ts';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { startTeams, type Teams } from '../../infra/local/teams/start.ts';
import type { DecisionInput, Person } from '../../shared/approvals/inbox.ts';
import { createReplies, type Replies } from '../../shared/approvals/replies/replies.ts';
import { createTable } from '../../shared/azure/clients.ts';
import { createKeyVaultSecretSource } from '../../shared/azure/key-vault-secrets.ts';
import { createReplyTable, REPLIES_TABLE } from '../../shared/azure/reply-table.ts';
import { createKeptSecret } from '../../shared/credentials/kept-secret.ts';
import { ok } from '../../shared/result.ts';
import { proves } from '../requirements.ts';
import { AUTHORITY, createSecretClient, createSelfSigningCredential, TENANT } from './key-vault-clients.ts';

const NAME = 'teams-reply-secret';

let azurite: Azurite;
let vault: KeyVault;
let teams: Teams;
let gateway: Server;
let replies: readonly Replies[];
let decided: { readonly person: Person; readonly input: DecisionInput }[];
let refusals: string[];

beforeAll(async () => {
  azurite = await startAzurite();
  vault = await startKeyVault({ port: 0, issuer: AUTHORITY, tenantId: TENANT });
});
afterAll(() => Promise.all([azurite?.stop(), vault?.stop()]));

beforeEach(async () => {
  [decided, refusals] = [[], []];
  replies = [createInstance(), createInstance()];
  let count = 0;
  gateway = createServer(async (request, response) => {
    count += 1;
    const answer = await replies[count % 2]?.answer({
      method: request.method ?? '',
      url: `http://127.0.0.1${request.url}`,
      headers: new Headers({ authorization: request.headers.authorization ?? '' }),
      params: { kind: request.url?.split('/').at(-1) ?? '' },
      body: Readable.toWeb(request) as ReadableStream<Uint8Array>,
      signal: new AbortController().signal,
    });
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  teams = await startTeams({ port: 0, publicUrl: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` });
  await vault.ensureSecret(NAME, teams.replySecret);
});
afterEach(async () => {
  await teams.stop();
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
});

/** One of two instances that share vault and table. */
function createInstance(): Replies {
  const credential = createSelfSigningCredential();
  return createReplies({
    inbox: {
      findByCode: async () => ['k1-00000000000000000000000000000001-1-a0a0a0a0a0a0'],
      async decide(person, input) {
        decided.push({ person, input });
        return { kind: 'taken', verdict: input.verdict, isRepeat: false };
      },
    },
    secret: createKeptSecret({
      source: createKeyVaultSecretSource(createSecretClient(vault.url)),
      name: NAME,
      nowMs: Date.now,
    }),
    tenantId: sampleDirectory.tenantId,
    agent: { id: sampleId('c0') },
    memberships: { groupsOf: async () => ok(['finance']) },
    guests: { isGuest: async () => ok(false) },
    marks: createReplyTable({ table: createTable(azurite, credential, REPLIES_TABLE), randomBytes }),
    refused: async (code) => {
      refusals.push(code);
    },
    addressOf: () => '127.0.0.1',
    publicUrl: 'http://127.0.0.1:7071',
    clock: {
      nowMs: Date.now,
      monotonicMs: () => performance.now(),
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs).unref();
        return () => clearTimeout(timer);
      },
    },
    log: () => undefined,
  });
}

describe('a reply from the channel', () => {
  it(proves('teams.signature', 'is verified over the bytes that came, and decides'), async () => {
    expect(await teams.reply({ as: 'bob', text: 'approve K7Q2XY — “naïve” ☕ & <b>' })).toEqual({
      status: 200,
      text: 'Taken: you approve K7Q2XY.',
    });
    expect(decided).toMatchObject([
      {
        person: { principal: { id: sampleId('b2'), name: 'Bob Banks' }, groups: ['finance'], channel: 'teams-reply' },
        input: { verdict: 'approve', reason: '“naïve” ☕ & <b>' },
      },
    ]);
  });

  it(proves('teams.signature', 'with one byte more than was signed decides nothing'), async () => {
    const sent = { as: 'bob', text: 'approve K7Q2XY' };
    expect(await teams.reply({ ...sent, tamper: (body) => `${body} ` })).toEqual({ status: 401, text: undefined });
    expect(await teams.reply({ ...sent, authorization: null })).toEqual({ status: 401, text: undefined });
    expect([decided, refusals]).toEqual([[], ['signature', 'signature']]);
  });

  it(proves('teams.replay', 'that is sent to two instances is taken by one'), async () => {
    const activity = {
      id: String(Date.now()),
      timestamp: new Date().toISOString(),
      conversation: { id: `19:${Date.now()}` },
    };
    const sent = { as: 'bob', text: 'approve K7Q2XY', activity };
    const answers = await Promise.all([teams.reply(sent), teams.reply(sent)]);
    expect(answers.map(({ text }) => text).sort()).toEqual([
      'Taken: you approve K7Q2XY.',
      'This message was taken before. To say something else, please write a new one.',
    ]);
    expect([decided.length, refusals]).toEqual([1, ['replay']]);
  });

  it(proves('teams.signature', 'of a webhook that was set up anew is known at once'), async () => {
    await teams.reply({ as: 'bob', text: 'help' });
    const publicUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const renewed = await startTeams({ port: 0, publicUrl });
    try {
      await vault.ensureSecret(NAME, renewed.replySecret);
      expect(await renewed.reply({ as: 'bob', text: 'help' })).toMatchObject({ status: 200 });
    } finally {
      await renewed.stop();
    }
  });
});
