/**
 * The pages behind a plain HTTP server on this machine, with people who really sign in at the Entra stand-in; what is
 * held stands in memory: an inbox that applies a decision at once, as one person from finance would make it happen.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { sampleDirectory, sampleGroups } from '../../infra/local/entra/directory.ts';
import { type Entra, startEntra } from '../../infra/local/entra/start.ts';
import type { ApprovalView, Inbox, Person } from '../../shared/approvals/inbox.ts';
import { createMsalCodeFlow } from '../../shared/azure/web-sign-in.ts';
import { createGroupResolver } from '../../shared/identity/groups.ts';
import { createRemoteKeySource } from '../../shared/identity/key-source.ts';
import { createWebSignIn } from '../../shared/identity/web-sign-in.ts';
import { loadKeyring } from '../../shared/keys/load-keyring.ts';
import type { HttpAnswer } from '../../shared/mcp/http.ts';
import type { Connect } from '../../shared/pages/connect-target.ts';
import { createPages } from '../../shared/pages/create-pages.ts';
import { CALLBACK_PATH, type PageEvent } from '../../shared/pages/options.ts';
import { err, ok } from '../../shared/result.ts';
import type { Reviews } from '../../shared/reviews/reviews.ts';
import type { SessionDesk } from '../../shared/sessions/session-desk.ts';
import { createMemoryTable, createMemoryWrapper } from '../unit/keys/memory-vault.ts';
import { nothingToReview } from '../unit/pages/pages-scene.ts';

export interface PagesServer {
  readonly url: string;
  readonly entra: Entra;
  /** By id; a decision replaces its entry. */
  readonly held: Map<string, ApprovalView>;
  readonly events: PageEvent[];
  readonly failures: string[];
  stop(): Promise<void>;
}

/** For who audits nothing. */
const nothingToAudit: SessionDesk = { servers: () => [], list: async () => undefined, show: async () => undefined };

/** For who may use nothing. */
const nothingToUse: Connect = { servers: () => [], find: () => undefined };

export async function startPagesServer(
  desk: SessionDesk = nothingToAudit,
  connect: Connect = nothingToUse,
  reviews: Reviews = nothingToReview,
): Promise<PagesServer> {
  const entra = await startEntra({ port: 0, publicUrl: 'http://127.0.0.1:1', servers: ['crm'] });
  const held = new Map<string, ApprovalView>();
  const events: PageEvent[] = [];
  const failures: string[] = [];
  let answer: ReturnType<typeof createPages> | undefined;

  const server = createServer(async (request, response) => {
    const headers = new Headers(
      Object.entries(request.headers).flatMap(([n, v]) => (typeof v === 'string' ? [[n, v]] : [])),
    );
    const { method = 'GET' } = request;
    const body =
      method === 'POST' ? new Uint8Array(await new Response(Readable.toWeb(request)).arrayBuffer()) : undefined;
    const got: HttpAnswer = (await answer?.({
      method,
      url: `${url}${request.url}`,
      headers,
      params: {},
      body: body === undefined ? null : new Blob([body]).stream(),
      signal: new AbortController().signal,
    })) ?? { status: 503, headers: {} };
    response.writeHead(got.status, got.headers);
    response.end(got.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  entra.setPublicUrl(url);

  const { tenantId, clientId } = entra;
  const settings = { tenantId, clientId, authorityHost: entra.url, v2Issuer: entra.issuer, keysUrl: entra.keysUrl };
  answer = createPages({
    publicUrl: url,
    entra: settings,
    inbox: createInbox(held),
    desk,
    connect,
    reviews,
    home: async (person) => ({ waiting: await createInbox(held).list(person, 5) }),
    rooms: (person) => [
      'approvals',
      ...(desk.servers(person).length > 0 ? (['sessions'] as const) : []),
      ...(reviews === nothingToReview ? [] : (['reviews'] as const)),
      ...(connect.servers(person).length > 0 ? (['connect'] as const) : []),
    ],
    signIn: createWebSignIn({
      ...settings,
      flow: createMsalCodeFlow({ entra: settings, credential: createIdentity(entra) }),
      keys: createRemoteKeySource({ url: entra.keysUrl, fetch, nowMs: Date.now, deadline: AbortSignal.timeout }),
      redirectUri: url + CALLBACK_PATH,
      clockSkewSeconds: 60,
      nowMs: Date.now,
    }),
    keyring: await loadKeyring({ store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes }),
    groups: createGroupResolver({
      groups: new Map(Object.entries(sampleGroups)),
      source: { findMemberships: async () => err({ reason: 'groups-unavailable' }) },
    }),
    takePlace: () => ok({ leave: () => undefined }),
    isBlocked: async () => false,
    note: async (event) => {
      events.push(event);
    },
    trustedHops: 0,
    nowMs: Date.now,
    randomBytes,
    log: (_level, event, _facts, cause) => failures.push(`${event}: ${String(cause)}`),
  });

  return {
    url,
    entra,
    held,
    events,
    failures,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, entra.stop()]);
    },
  };
}

const tokenSchema = z.object({ access_token: z.string(), expires_on: z.string() });

/** What the platform's endpoint gives the gateway, asked of the stand-in itself: no environment is changed. */
function createIdentity({ identity }: Entra): TokenCredential {
  return {
    async getToken() {
      const query = new URLSearchParams({ 'api-version': '2019-08-01', resource: 'api://AzureADTokenExchange' });
      const headers = { 'x-identity-header': identity.header };
      const answer = await fetch(`${identity.endpoint}?${query}`, { headers });
      const { access_token, expires_on } = tokenSchema.parse(await answer.json());
      return { token: access_token, expiresOnTimestamp: Number(expires_on) * 1_000 };
    },
  };
}

function createInbox(held: Map<string, ApprovalView>): Inbox {
  const mine = ({ groups }: Person) =>
    [...held.values()].filter(({ state }) => state === 'pending' && groups.includes('finance'));
  return {
    list: async (person, limit) => ({ approvals: mine(person).slice(0, limit), total: mine(person).length }),
    async show(person, id) {
      return person.groups.includes('finance') ? held.get(id) : undefined;
    },
    async find(person, id) {
      return person.groups.includes('finance') ? held.get(id) : undefined;
    },
    async decide(person, { approval: id, verdict, reason, evidence }) {
      const approval = held.get(id);
      if (approval === undefined) return { kind: 'refused', code: 'not-found', text: 'Not found.' };
      if (approval.state !== 'pending') return { kind: 'refused', code: 'ended', text: 'It was decided meanwhile.' };
      if (approval.evidence !== evidence) return { kind: 'refused', code: 'changed', text: 'It is not what you saw.' };
      if (verdict === 'deny' && reason === '') return { kind: 'refused', code: 'reason', text: 'Say why you deny it.' };
      const now = Date.now();
      const { id: personId, name } = person.principal;
      const decision = { verdict, reason, channel: 'page', decidedMs: now, counts: true } as const;
      held.set(id, {
        ...approval,
        state: verdict === 'approve' ? 'done' : 'denied',
        endedMs: now,
        needs: [],
        mayDecide: false,
        decisions: [{ person: { id: personId, ...(name !== undefined && { name }) }, ...decision }],
      });
      return { kind: 'taken', verdict, isRepeat: false };
    },
    findByCode: async () => [],
  };
}

const MINUTE_MS = 60_000;

/** One that waits; `n` makes its id and its amount. */
export function heldRefund(n: number, more: Partial<ApprovalView> = {}): ApprovalView {
  const now = Date.now();
  const [alice] = sampleDirectory.users;
  if (!alice) throw new Error('the sample directory has people');
  return {
    id: `k1-${n.toString(16).padStart(32, '0')}-1-${'c'.repeat(12)}`,
    code: `K7Q${n.toString().padStart(3, '0')}`,
    state: 'pending',
    server: 'crm',
    tool: 'refund_payment',
    requester: { kind: 'user', id: alice.objectId, name: alice.principalName },
    agent: { id: '5a11e000-0000-4000-8000-0000000000c1', name: 'Assistant' },
    createdMs: now - 12 * MINUTE_MS,
    expiresMs: now + 48 * MINUTE_MS,
    justification: 'The customer was charged twice for order 7781, and asks for the second charge back.',
    arguments: {
      payment_id: `pay_${1_000 + n}`,
      amount: 600 + n,
      currency: 'EUR',
      card: '[card]',
      note: 'second charge',
    },
    reasons: ['Refunds over 500 need one person from finance'],
    policies: ['refunds-over-500-need-finance'],
    needs: [{ quorum: 'finance', from: [{ group: 'finance', people: 1 }] }],
    decisions: [],
    evidence: `evidence-${n}`,
    mayDecide: true,
    ...more,
  };
}
