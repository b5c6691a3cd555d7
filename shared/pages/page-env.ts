/** What the routes share: the options, what was made of them once, and who asks. */
import type { Context } from 'hono';
import type { Person } from '../approvals/inbox.ts';
import { findCallerAddress } from '../identity/address.ts';
import type { FormTokens } from './form.ts';
import type { PageReader } from './layout.ts';
import type { PagesOptions, Visitor } from './options.ts';
import type { Session, Sessions } from './session.ts';

export interface PageParts extends PagesOptions {
  readonly sessions: Sessions;
  readonly formTokens: FormTokens;
}

export interface PageEnv {
  readonly Variables: {
    /** Set behind `requireSession`. */
    readonly person: Person;
    readonly session: Session;
    readonly reader: PageReader;
  };
}

export type PageContext = Context<PageEnv>;

export function addressOf({ trustedHops }: PageParts, headers: Headers): string {
  return findCallerAddress(headers.get('x-forwarded-for'), trustedHops);
}

export function toVisitor(parts: PageParts, session: Session, headers: Headers): Visitor {
  const { id, name, guest } = session.person;
  return {
    tenant: session.tenant,
    principal: { kind: 'user', id, guest, ...(name !== undefined && { name }) },
    channel: 'page',
    agent: { id: parts.entra.clientId },
    address: addressOf(parts, headers),
    tokenId: session.id,
  };
}

export function toReader({ formTokens, rooms }: PageParts, session: Session, person: Person): PageReader {
  const { id, name } = person.principal;
  return { name: name ?? id, formToken: formTokens.create(session.id), rooms: rooms(person) };
}

/** A refusal is answered whether or not it could be recorded: nothing was let through. */
export async function noteRefusal(
  { note, log }: PageParts,
  refusal: Omit<Extract<Parameters<PagesOptions['note']>[0], { kind: 'refused' }>, 'kind'>,
): Promise<void> {
  await note({ kind: 'refused', ...refusal }).catch((cause: unknown) =>
    log('error', 'page-refusal-not-recorded', { code: refusal.code }, cause),
  );
}
