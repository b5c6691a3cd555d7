/** The API over an inbox that answers as it is told and keeps what it was asked; callers by the names of the sample tenant. */
import { createApi } from '../../../shared/api/create-api.ts';
import type { DoorRefusal } from '../../../shared/api/door.ts';
import { approvalRoutes } from '../../../shared/api/routes/approvals.ts';
import { oversightRoutes } from '../../../shared/api/routes/oversight.ts';
import type { ApprovalView, DecisionInput, DecisionResult, Inbox, Person } from '../../../shared/approvals/inbox.ts';
import type { Oversight, Resolution, Resolved } from '../../../shared/approvals/oversight.ts';
import type { Caller } from '../../../shared/identity/caller.ts';
import type { HttpAnswer } from '../../../shared/mcp/http.ts';
import { err, ok } from '../../../shared/result.ts';

export const APPROVAL = `k1-${'a'.repeat(32)}-1-${'b'.repeat(12)}`;
export const CODE = 'K7Q2M9';

export const view: ApprovalView = {
  id: APPROVAL,
  code: CODE,
  state: 'pending',
  server: 'crm',
  tool: 'refund_payment',
  requester: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', name: 'alice@sallyport.example' },
  agent: { id: '5a11e000-0000-4000-8000-0000000000c1', name: 'Assistant' },
  createdMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  expiresMs: Date.UTC(2026, 0, 2, 4, 4, 5),
  justification: 'The customer was charged twice.',
  arguments: { payment: 'p-1', amount: 900, card: '[card]' },
  reasons: ['Refunds over 500 need one person from finance'],
  policies: ['refunds-over-500-need-finance'],
  needs: [{ quorum: 'finance', from: [{ group: 'finance', people: 1 }] }],
  decisions: [],
  evidence: 'evidence-1',
  mayDecide: true,
};

export interface InboxScript {
  readonly view?: ApprovalView | undefined;
  readonly result?: DecisionResult;
  /** Of `list` and `show`. */
  readonly failure?: Error;
}

export interface RecordingInbox extends Inbox {
  readonly asked: { readonly person: Person; readonly input?: DecisionInput; readonly limit?: number }[];
}

export function createInbox(script: InboxScript = {}): RecordingInbox {
  const asked: RecordingInbox['asked'] = [];
  const shown = 'view' in script ? script.view : view;
  const answer = async <T>(value: T): Promise<T> => {
    if (script.failure) throw script.failure;
    return value;
  };
  return {
    asked,
    list(person, limit) {
      asked.push({ person, limit });
      return answer({ approvals: shown ? [shown] : [], total: shown ? 7 : 0 });
    },
    show(person, id) {
      asked.push({ person });
      return answer(id === APPROVAL ? shown : undefined);
    },
    find(person, id) {
      asked.push({ person });
      return answer(id === APPROVAL ? shown : undefined);
    },
    async decide(person, input) {
      asked.push({ person, input });
      return script.result ?? { kind: 'taken', verdict: input.verdict, isRepeat: false };
    },
    findByCode: (code) => answer(code === CODE ? [APPROVAL, `${APPROVAL.slice(0, -1)}c`] : []),
  };
}

export interface RecordingOversight extends Oversight {
  readonly asked: { readonly person: Person; readonly resolution?: Resolution; readonly limit?: number }[];
}

export function createOversight(resolved: Resolved = { kind: 'resolved' }): RecordingOversight {
  const asked: RecordingOversight['asked'] = [];
  const lost: ApprovalView = { ...view, state: 'unknown', attention: 'unknown outcome' };
  return {
    asked,
    async list(person, limit) {
      asked.push({ person, limit });
      return { approvals: [lost], total: 3 };
    },
    async resolve(person, resolution) {
      asked.push({ person, resolution });
      return resolved;
    },
  };
}

export const bob: Caller = {
  tenant: '5a11e000-0000-4000-8000-000000000001',
  principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b2', name: 'bob', guest: false },
  agent: { id: '5a11e000-0000-4000-8000-0000000000c5' },
  groups: [],
  tokenId: 'token-1',
  expiresAt: 2_000_000_000,
};

export const bot: Caller = {
  ...bob,
  principal: { kind: 'app', id: '5a11e000-0000-4000-8000-0000000000d2', guest: false },
};

export interface Scene {
  readonly logged: string[];
  readonly refusals: DoorRefusal[];
  /** Places that were taken and not given back. */
  readonly taken: string[];
  ask(
    request: Ask,
  ): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: unknown; text: string }>;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** In its place. */
  readonly url?: string;
  readonly headers?: Record<string, string>;
  /** A string goes as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly stream?: ReadableStream<Uint8Array>;
  /** Absent: nobody is signed in. */
  readonly as?: 'bob' | 'bot' | 'blocked' | 'half-known' | 'ungrouped' | 'hasty' | 'crowded';
}

/** Whoever is named in `Authorization`; what a token is worth is another test's. */
export function createScene(
  inbox: Inbox = createInbox(),
  deadline = (): AbortSignal => new AbortController().signal,
  oversight: Oversight = createOversight(),
): Scene {
  const logged: string[] = [];
  const refusals: DoorRefusal[] = [];
  const taken: string[] = [];
  const refused: HttpAnswer = { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '{}' };
  const api = createApi({
    version: '1.2.3',
    routes: [oversightRoutes(oversight), approvalRoutes(inbox)],
    async authenticate(authorization) {
      const name = authorization ?? '';
      if (name === '') return err({ code: 'missing', detail: 'no bearer token', answer: refused });
      return ok(name === 'bot' ? bot : { ...bob, tokenId: name });
    },
    takePlace({ tokenId }) {
      if (tokenId === 'hasty') return err({ code: 'calls-per-minute', status: 429, retryAfterSeconds: 7 });
      if (tokenId === 'crowded') return err({ code: 'server-calls', status: 503, retryAfterSeconds: 1 });
      taken.push(tokenId);
      return ok({ leave: () => void taken.splice(taken.indexOf(tokenId), 1) });
    },
    resolveGroups: async ({ tokenId }) => (tokenId === 'ungrouped' ? err('down') : ok(['finance'])),
    checkBlocks: async ({ tokenId }) =>
      tokenId === 'blocked' || tokenId === 'half-known'
        ? err({ code: tokenId === 'blocked' ? 'blocked' : 'blocks-unknown', detail: 'why' })
        : ok(undefined),
    clientAddress: (headers) => headers.get('x-forwarded-for') ?? 'unknown',
    noteRefusal: async (refusal) => void refusals.push(refusal),
    deadline,
    log: (level, event, facts) => logged.push(`${level} ${event} ${JSON.stringify(facts)}`),
  });

  return {
    logged,
    refusals,
    taken,
    async ask({ method = 'GET', path, url = `https://gateway.example.com${path}`, headers = {}, body, stream, as }) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const all = new Headers({ ...(text !== undefined && { 'content-type': 'application/json' }), ...headers });
      if (as !== undefined) all.set('authorization', as);
      const answer = await api({
        method,
        url,
        headers: all,
        params: {},
        body: stream ?? (text === undefined ? null : new Blob([text]).stream()),
        signal: new AbortController().signal,
      });
      const written = String(answer.body);
      return { status: answer.status, headers: answer.headers, body: JSON.parse(written), text: written };
    },
  };
}
