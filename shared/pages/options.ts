/** What the pages are made of: ports of the rooms below, the clock and randomness; and what they report. */
import type { Inbox, Person } from '../approvals/inbox.ts';
import type { GroupResolver } from '../identity/groups.ts';
import type { WebSignIn } from '../identity/web-sign-in.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { OverLimit, Place } from '../limits/limiter.ts';
import type { Log } from '../log.ts';
import type { Result } from '../result.ts';
import type { Reviews } from '../reviews/reviews.ts';
import type { SessionDesk } from '../sessions/session-desk.ts';
import type { Connect } from './connect-target.ts';
import type { Home } from './home-facts.ts';
import type { Room } from './rooms.ts';

/** Somebody signed in, before it is known which groups they are in now. `tokenId` is the session's id. */
export type Visitor = Omit<Person, 'groups'>;

export type PageRefusal =
  /** What came back from the authority was not begun in this browser, is too old, or says no. */
  | 'sign-in-refused'
  /** The person, or this session, is blocked. */
  | 'blocked'
  /** A form that our own page, in this session, did not send. */
  | 'foreign-form';

/** For the transcript of `_gateway`. */
export type PageEvent =
  | { readonly kind: 'signed-in' | 'signed-out'; readonly visitor: Visitor }
  | {
      readonly kind: 'refused';
      readonly code: PageRefusal;
      readonly detail: string;
      readonly address: string;
      readonly visitor?: Visitor;
    };

export interface PagesOptions {
  /** Origin at which browsers reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** The tenant whose people sign in, and the gateway's own registration. */
  readonly entra: { readonly tenantId: string; readonly clientId: string };
  readonly home: Home;
  readonly inbox: Inbox;
  /** Which rooms this person may enter. */
  readonly rooms: (person: Person) => readonly Room[];
  readonly desk: SessionDesk;
  readonly reviews: Reviews;
  readonly connect: Connect;
  readonly signIn: WebSignIn;
  readonly keyring: Keyring;
  /** Asked again once what a session knows is five minutes old. */
  readonly groups: GroupResolver;
  /** A place for one request, given back when it is answered: a page may scan the index, or ask Graph and the store. */
  readonly takePlace: (visitor: Visitor) => Result<Place, OverLimit>;
  /** Rejects when nobody can say: then nobody is let in. */
  readonly isBlocked: (visitor: Visitor) => Promise<boolean>;
  /** Resolves once it is durable. Who can't be recorded is not signed in. */
  readonly note: (event: PageEvent) => Promise<void>;
  /** Proxies in front that are trusted to say from where a browser came. */
  readonly trustedHops: number;
  readonly nowMs: () => number;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
}

/** Where Entra sends people back to; stands in the registration, character for character. */
export const CALLBACK_PATH = '/ui/sign-in/callback';
