/**
 * The pages over an inbox, a sign-in and a clock that a test rules, with a real keyring; and a browser without a window:
 * it keeps the cookie, follows nothing by itself, and sends what a browser sends.
 */
import { randomBytes } from 'node:crypto';
import type {
  ApprovalSummary,
  ApprovalView,
  DecisionInput,
  DecisionResult,
  Inbox,
  Person,
} from '../../../shared/approvals/inbox.ts';
import type { Caller } from '../../../shared/identity/caller.ts';
import type { GroupFailure } from '../../../shared/identity/groups.ts';
import type { SignInFailure, SignInSecrets } from '../../../shared/identity/web-sign-in.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { loadKeyring } from '../../../shared/keys/load-keyring.ts';
import type { HttpAnswer } from '../../../shared/mcp/http.ts';
import type { Connect } from '../../../shared/pages/connect-target.ts';
import { createPages } from '../../../shared/pages/create-pages.ts';
import type { HomeFacts } from '../../../shared/pages/home-facts.ts';
import type { PageEvent, Visitor } from '../../../shared/pages/options.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { Reviews } from '../../../shared/reviews/reviews.ts';
import type { SessionDesk } from '../../../shared/sessions/session-desk.ts';
import { createMemoryTable, createMemoryWrapper } from '../keys/memory-vault.ts';

const PLACE = { leave: () => undefined };

export const PUBLIC_URL = 'https://gateway.example';
export const TENANT = '5a11e000-0000-4000-8000-000000000001';
export const CLIENT = '5a11e000-0000-4000-8000-0000000000c0';
export const BOB = '5a11e000-0000-4000-8000-0000000000b2';
export const START_MS = Date.UTC(2026, 10, 22, 21, 30);
export const APPROVAL = `k1-${'a'.repeat(32)}-1-${'b'.repeat(12)}`;
export const AUTHORITY = 'https://login.example/authorize';

export const summary: ApprovalSummary = {
  id: APPROVAL,
  code: 'K7Q2M9',
  state: 'pending',
  server: 'crm',
  tool: 'refund_payment',
  requester: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', name: 'alice@sallyport.example' },
  agent: { id: '5a11e000-0000-4000-8000-0000000000c1', name: 'Assistant' },
  createdMs: START_MS - 12 * 60_000,
  expiresMs: START_MS + 48 * 60_000,
};

export const view: ApprovalView = {
  ...summary,
  justification: 'The customer was charged twice.',
  arguments: { payment_id: 'p-1001', amount: 900, card: '[card …4242]' },
  reasons: ['Refunds over 500 need one person from finance'],
  policies: ['refunds-over-500-need-finance'],
  needs: [{ quorum: 'finance', from: [{ group: 'finance', people: 1 }] }],
  decisions: [],
  evidence: 'evidence-1',
  mayDecide: true,
};

export function createKeyring(): Promise<Keyring> {
  return loadKeyring({ store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes });
}

export interface Scene {
  nowMs: number;
  approvals: readonly ApprovalSummary[];
  view: ApprovalView | undefined;
  decision: DecisionResult;
  signedIn: Result<Caller, SignInFailure>;
  groups: Result<readonly string[], GroupFailure>;
  isBlocked: boolean | Error;
  isFull: boolean;
  /** Undefined: what waits, and nothing more. */
  home: HomeFacts | undefined;
  noteFailure: Error | undefined;
  inboxFailure: Error | undefined;
  readonly events: PageEvent[];
  readonly decided: { readonly person: Person; readonly input: DecisionInput }[];
  readonly listed: { readonly person: Person; readonly limit: number }[];
  readonly redeemed: { readonly code: string; readonly secrets: SignInSecrets }[];
  readonly resolved: unknown[];
  readonly visitors: Visitor[];
  readonly logged: string[];
  /** Begun sign-ins, by the state that stands in the address. */
  readonly begun: Map<string, SignInSecrets>;
  pages: ReturnType<typeof createPages>;
}

export const bob: Caller = {
  tenant: TENANT,
  principal: { kind: 'user', id: BOB, name: 'bob@sallyport.example', guest: false },
  agent: { id: CLIENT },
  groups: ['5a11e000-0000-4000-8000-0000000000a2'],
  tokenId: 'sha256-0',
  expiresAt: START_MS / 1_000 + 3_600,
};

/** For who may use nothing. */
const nothingToUse: Connect = { servers: () => [], find: () => undefined };

/** For who audits nothing. */
const nothingToAudit: SessionDesk = { servers: () => [], list: async () => undefined, show: async () => undefined };

/** For who reviews nothing. */
export const nothingToReview: Reviews = {
  overview: async () => [],
  show: async () => undefined,
  build: async () => undefined,
  open: async () => NOT_FOUND,
  decide: async () => NOT_FOUND,
  signOff: async () => NOT_FOUND,
};

const NOT_FOUND = { kind: 'refused', code: 'not-found', text: 'There is no such review.' } as const;

export interface SceneOptions {
  readonly desk?: SessionDesk;
  readonly reviews?: Reviews;
  readonly connect?: Connect;
  readonly keyring?: Keyring;
  readonly publicUrl?: string;
  readonly tenantId?: string;
}

export async function createScene(options: SceneOptions = {}): Promise<Scene> {
  const { keyring = await createKeyring(), publicUrl = PUBLIC_URL, tenantId = TENANT } = options;
  const scene: Omit<Scene, 'pages'> = {
    nowMs: START_MS,
    approvals: [summary],
    view,
    decision: { kind: 'taken', verdict: 'approve', isRepeat: false },
    signedIn: ok(bob),
    groups: ok(['finance']),
    isBlocked: false,
    isFull: false,
    home: undefined,
    noteFailure: undefined,
    inboxFailure: undefined,
    events: [],
    decided: [],
    listed: [],
    redeemed: [],
    resolved: [],
    visitors: [],
    logged: [],
    begun: new Map(),
  };
  const pages = createPages({
    publicUrl,
    entra: { tenantId, clientId: CLIENT },
    inbox: createInbox(scene),
    desk: options.desk ?? nothingToAudit,
    connect: options.connect ?? nothingToUse,
    reviews: options.reviews ?? nothingToReview,
    home: async (person) => scene.home ?? { waiting: await createInbox(scene).list(person, 5) },
    rooms: () => ['approvals'],
    signIn: {
      async begin({ state, secrets }) {
        scene.begun.set(state, secrets);
        return `${AUTHORITY}?state=${encodeURIComponent(state)}`;
      },
      async finish(answer) {
        scene.redeemed.push(answer);
        return scene.signedIn;
      },
    },
    keyring,
    groups: {
      async resolve(caller) {
        scene.resolved.push(caller);
        return scene.groups;
      },
    },
    takePlace: () => (scene.isFull ? err({ code: 'calls-per-minute', status: 429, retryAfterSeconds: 7 }) : ok(PLACE)),
    async isBlocked(visitor) {
      scene.visitors.push(visitor);
      if (scene.isBlocked instanceof Error) throw scene.isBlocked;
      return scene.isBlocked;
    },
    async note(event) {
      if (scene.noteFailure) throw scene.noteFailure;
      scene.events.push(event);
    },
    trustedHops: 1,
    nowMs: () => scene.nowMs,
    randomBytes,
    log: (_level, event) => scene.logged.push(event),
  });
  return Object.assign(scene, { pages });
}

function createInbox(scene: Omit<Scene, 'pages'>): Inbox {
  function orFail<T>(value: T): T {
    if (scene.inboxFailure) throw scene.inboxFailure;
    return value;
  }
  return {
    async list(person, limit) {
      scene.listed.push({ person, limit });
      return orFail({ approvals: scene.approvals.slice(0, limit), total: scene.approvals.length });
    },
    async show(_person, id) {
      return orFail(scene.view?.id === id ? scene.view : undefined);
    },
    async find(_person, id) {
      return orFail(scene.view?.id === id ? scene.view : undefined);
    },
    async decide(person, input) {
      scene.decided.push({ person, input });
      return scene.decision;
    },
    findByCode: async () => [],
  };
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Seen extends HttpAnswer {
  readonly text: string;
  readonly location: string | undefined;
}

export interface Browser {
  /** `name=value`, as it would be sent. */
  cookie: string | undefined;
  get(path: string, sent?: Sent): Promise<Seen>;
  /** A form of the page itself. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Seen>;
  signIn(returnTo?: string): Promise<Seen>;
  /** The token in the forms of the approvals page. */
  formToken(): Promise<string>;
}

export function createBrowser(scene: Scene, publicUrl: string = PUBLIC_URL): Browser {
  const browser: Browser = { cookie: undefined, get, post, signIn, formToken };

  async function get(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Seen> {
    const all = new Headers({ 'x-forwarded-for': '203.0.113.7', ...headers });
    if (browser.cookie !== undefined) all.set('cookie', browser.cookie);
    const answer = await scene.pages({
      method,
      url: publicUrl + path,
      headers: all,
      params: {},
      body: body === undefined ? null : new Blob([body]).stream(),
      signal: new AbortController().signal,
    });
    const set = answer.headers['set-cookie'];
    if (set !== undefined) browser.cookie = set.includes('Max-Age=0') ? undefined : set.split(';')[0];
    const text = typeof answer.body === 'string' ? answer.body : '';
    return { ...answer, text, location: answer.headers.location };
  }

  function post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    return get(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: publicUrl,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
  }

  async function signIn(returnTo = '/ui/approvals'): Promise<Seen> {
    const sent = await get(`/ui/sign-in?return=${encodeURIComponent(returnTo)}`);
    const state = new URL(sent.location ?? AUTHORITY).searchParams.get('state') ?? '';
    return get(`/ui/sign-in/callback?${new URLSearchParams({ code: 'the-code', state })}`);
  }

  async function formToken(): Promise<string> {
    const { text } = await get('/ui/approvals');
    return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }

  return browser;
}

export const unavailable: Result<never, GroupFailure> = err({ reason: 'groups-unavailable' });
