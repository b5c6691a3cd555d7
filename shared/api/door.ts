/**
 * The API's door (DESIGN §3): no browser ▸ a token for managing ▸ not too often ▸ not blocked, groups known. Whoever is
 * turned away is logged and on record, with what is known of them; never the token, and no more is said outside than a
 * caller needs.
 */
import type { Caller } from '../identity/caller.ts';
import type { OverLimit, Place } from '../limits/limiter.ts';
import type { Log } from '../log.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { err, ok, type Result } from '../result.ts';
import type { ApiCaller } from './api-caller.ts';
import { errorAnswer, RETRY_AFTER_SECONDS } from './api-error.ts';

export interface DoorOptions {
  /** By a token for managing, which no agent holds; the answer is generic, the detail is not. Never rejects. */
  readonly authenticate: (authorization: string | null) => Promise<Result<Caller, TokenRefusal>>;
  /** A place among the requests of this caller, for as long as it is answered. */
  readonly takePlace: (caller: Caller) => Result<Place, OverLimit>;
  /** Names of `gateway.yaml`'s groups; whatever the error, the caller is refused. */
  readonly resolveGroups: (caller: Caller) => Promise<Result<readonly string[], unknown>>;
  /** Whether the caller may go on (`Blocks.check`). Never rejects. */
  readonly checkBlocks: (caller: Caller) => Promise<Result<void, { readonly code: string; readonly detail: string }>>;
  readonly clientAddress: (headers: Headers) => string;
  /** Puts a refusal on record. Never rejects. */
  readonly noteRefusal: (refusal: DoorRefusal) => Promise<void>;
  readonly log: Log;
}

export interface TokenRefusal {
  readonly code: string;
  /** For record and log: names the token's holder where its signature was good. */
  readonly detail: string;
  readonly cause?: unknown;
  readonly answer: HttpAnswer;
}

export interface DoorRefusal {
  readonly code: string;
  readonly detail: string;
  readonly address: string;
  /** Absent until the token was accepted. */
  readonly caller?: Caller;
}

/** Who came, and the place to give back once they are answered. */
export interface Entered {
  readonly caller: Caller;
  readonly address: string;
  readonly place: Place;
}

export async function enter(options: DoorOptions, headers: Headers): Promise<Result<Entered, HttpAnswer>> {
  const address = options.clientAddress(headers);
  if (headers.has('origin'))
    return refuse(options, { code: 'browser', detail: 'it names an origin', address }, BROWSER);
  const authenticated = await options.authenticate(headers.get('authorization'));
  if (!authenticated.ok) {
    const { code, detail, cause, answer } = authenticated.error;
    return refuse(options, { code, detail, address }, answer, cause);
  }
  const caller = authenticated.value;
  const place = options.takePlace(caller);
  if (place.ok) return ok({ caller, address, place: place.value });
  const { code, retryAfterSeconds } = place.error;
  const detail = `retry after ${retryAfterSeconds} s`;
  return refuse(options, { code, detail, address, caller }, tooMuch(place.error));
}

export async function identify(
  options: DoorOptions,
  { caller, address }: Omit<Entered, 'place'>,
): Promise<Result<ApiCaller, HttpAnswer>> {
  const [free, groups] = await Promise.all([options.checkBlocks(caller), options.resolveGroups(caller)]);
  if (!free.ok) {
    const answer = free.error.code === 'blocked' ? BLOCKED : UNAVAILABLE;
    return refuse(options, { ...free.error, address, caller }, answer);
  }
  if (!groups.ok) {
    const refusal = { code: 'groups-unavailable', detail: 'nobody can say their groups', address, caller } as const;
    return refuse(options, refusal, UNAVAILABLE);
  }
  return ok({ caller, groups: groups.value, address });
}

async function refuse(
  { log, noteRefusal }: DoorOptions,
  refusal: DoorRefusal,
  answer: HttpAnswer,
  cause?: unknown,
): Promise<Result<never, HttpAnswer>> {
  const { code, detail, address, caller } = refusal;
  log('warn', 'api-refused', { code, detail, address, ...(caller && { principal: caller.principal.id }) }, cause);
  await noteRefusal(refusal);
  return err(answer);
}

const BROWSER = errorAnswer(403, 'browser', 'This is for programs; in a browser use the pages under /ui.');

const BLOCKED = errorAnswer(403, 'blocked', 'You are blocked here. Ask an administrator.');

const UNAVAILABLE = errorAnswer(
  503,
  'unavailable',
  'Who you are to this gateway can’t be found out at the moment, and nothing was done. Try again.',
  { 'retry-after': RETRY_AFTER_SECONDS },
);

/** 429 for what the caller does, 503 where the gateway is full. */
function tooMuch({ code, status, retryAfterSeconds }: OverLimit): HttpAnswer {
  const whose = status === 429 ? 'Too many requests of yours' : 'Too many requests at once';
  const message = `${whose}, and nothing was done. Try again in ${retryAfterSeconds} s.`;
  return errorAnswer(status, code, message, { 'retry-after': String(retryAfterSeconds) });
}
