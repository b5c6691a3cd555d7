/**
 * Who sits at the browser, kept in the browser: one sealed cookie, which is either a sign-in on its way or a session.
 * Nothing of it rests here, so any instance knows it; what ends a session early is a block (DESIGN §7). No token is in
 * it. `__Host-`: set over https only, for this host alone, never by a neighbour (RFC 6265bis §4.1.3.2).
 */
import { z } from 'zod';
import type { Caller } from '../identity/caller.ts';
import type { Keyring } from '../keys/keyring.ts';

export const SESSION_COOKIE = '__Host-sallyport';

/** However busy. */
const SESSION_MS = 8 * 3_600_000;
/** Without a request. */
const IDLE_MS = 3_600_000;
/** A session's cookie is not written more often. */
const RESEAL_MS = 60_000;
/** What groups a session knows; after it they are asked for again. */
const GROUPS_MS = 300_000;
/** A browser that was sent to sign in and never came back. */
const SIGNING_IN_MS = 3_600_000;
/** What other instances' clocks may be ahead. */
const SKEW_MS = 60_000;
/** Browsers take 4,096 characters with name and attributes; names of groups past it are asked for each time. */
const MAX_COOKIE_CHARACTERS = 3_800;
const ID_BYTES = 16;

const signingInSchema = z.object({
  kind: z.literal('signing-in'),
  browser: z.string(),
  startedMs: z.number(),
});

const sessionSchema = z.object({
  kind: z.literal('session'),
  id: z.string(),
  /** The same as while signing in: an answer to another tab's sign-in is known by it. */
  browser: z.string(),
  tenant: z.string(),
  person: z.object({ id: z.string(), name: z.string().optional(), guest: z.boolean() }),
  /** Names; absent where they would not fit. */
  groups: z.array(z.string()).optional(),
  groupsAtMs: z.number(),
  startedMs: z.number(),
  seenMs: z.number(),
});

export type Session = z.output<typeof sessionSchema>;

export interface Visit {
  /** Known again after a sign-in that this browser began. */
  readonly browser?: string;
  readonly session?: Session;
}

export interface Sessions {
  /** `cookie`: the request's header. What is not ours, or over, is as good as none. */
  read(cookie: string | null): Visit;
  create(caller: Caller, groups: readonly string[], browser: string): Session;
  /** `Set-Cookie` of a session as of now. */
  write(session: Session): string;
  /** `Set-Cookie` of a browser that is sent to sign in. */
  writeSigningIn(browser: string): string;
  clear(): string;
  newBrowser(): string;
  isDueToWrite(session: Session): boolean;
  /** Undefined when they must be asked for again. */
  freshGroups(session: Session): readonly string[] | undefined;
  withGroups(session: Session, groups: readonly string[]): Session;
}

export interface SessionOptions {
  readonly publicUrl: string;
  readonly tenantId: string;
  readonly keyring: Keyring;
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

export function createSessions({ publicUrl, tenantId, keyring, nowMs, randomBytes }: SessionOptions): Sessions {
  const aad = `web-session ${tenantId} ${publicUrl}`;
  const randomId = () => Buffer.from(randomBytes(ID_BYTES)).toString('base64url');

  function seal(content: object): string {
    return keyring.seal('cookie', aad, Buffer.from(JSON.stringify(content)));
  }

  function open(sealed: string): unknown {
    const bytes = keyring.open('cookie', aad, sealed);
    return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
  }

  /** A moment of the future is none: a clock that was set back must not stretch a session. */
  function isYounger(thanMs: number, atMs: number): boolean {
    const ageMs = nowMs() - atMs;
    return ageMs >= -SKEW_MS && ageMs < thanMs;
  }

  function isAlive(session: Session): boolean {
    const { tenant, startedMs, seenMs } = session;
    return tenant === tenantId && isYounger(SESSION_MS, startedMs) && isYounger(IDLE_MS, seenMs);
  }

  return {
    read(cookie) {
      const sealed = findCookie(cookie, SESSION_COOKIE);
      const content = sealed === undefined ? undefined : open(sealed);
      const session = sessionSchema.safeParse(content).data;
      if (session !== undefined) return isAlive(session) ? { session, browser: session.browser } : {};
      const signingIn = signingInSchema.safeParse(content).data;
      return signingIn !== undefined && isYounger(SIGNING_IN_MS, signingIn.startedMs)
        ? { browser: signingIn.browser }
        : {};
    },
    create({ tenant, principal: { id, name, guest } }, groups, browser) {
      const now = nowMs();
      const person = { id, guest, ...(name !== undefined && { name }) };
      const times = { groupsAtMs: now, startedMs: now, seenMs: now };
      return { kind: 'session', id: randomId(), browser, tenant, person, groups: [...groups], ...times };
    },
    write(session) {
      const { groups, ...rest } = { ...session, seenMs: nowMs() };
      const whole = seal({ ...rest, groups });
      return setCookie(whole.length <= MAX_COOKIE_CHARACTERS ? whole : seal(rest));
    },
    writeSigningIn: (browser) => setCookie(seal({ kind: 'signing-in', browser, startedMs: nowMs() })),
    clear: () => setCookie('', '; Max-Age=0'),
    newBrowser: randomId,
    isDueToWrite: ({ seenMs }) => !isYounger(RESEAL_MS, seenMs),
    freshGroups: ({ groups, groupsAtMs }) => (isYounger(GROUPS_MS, groupsAtMs) ? groups : undefined),
    withGroups: (session, groups) => ({ ...session, groups: [...groups], groupsAtMs: nowMs() }),
  };
}

/** Without `Max-Age` it ends with the browser, or before by what it says inside. */
function setCookie(value: string, more = ''): string {
  return `${SESSION_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${more}`;
}

/** RFC 6265 §4.2. Two of the name are none: a browser has one. */
function findCookie(header: string | null, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
