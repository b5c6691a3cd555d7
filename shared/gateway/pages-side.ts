/**
 * What people see (DESIGN §3): the pages, with their sign-in. Who signed in, out, or was refused is on record under
 * `_gateway`.
 */
import { createInbox } from '../approvals/create-inbox.ts';
import { type AdministrationNote, noteAdministration, recordAdministration } from '../calls/administration.ts';
import type { CallParts } from '../calls/parts.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { createGroupResolver } from '../identity/groups.ts';
import { createWebSignIn } from '../identity/web-sign-in.ts';
import { createPages, type Pages } from '../pages/create-pages.ts';
import { CALLBACK_PATH, type PageEvent, type Visitor } from '../pages/options.ts';
import type { Actor } from '../transcripts/entry.ts';
import { createBoundedNotes } from './bounded-notes.ts';
import { createConnect } from './connect-side.ts';
import { createHome } from './home-side.ts';
import type { GatewayPorts } from './ports.ts';
import { createReviewSide } from './review-side.ts';
import { createRooms } from './rooms.ts';
import { createSessionSide } from './session-side.ts';

export function createPagesSide(parts: CallParts, ports: GatewayPorts): Pages {
  const { config, blocks } = parts;
  const noteRefusal = createBoundedNotes({ note: (refusal) => noteAdministration(parts, refusal), nowMs: ports.nowMs });
  const { entra, publicUrl, codeFlow: flow, nowMs } = ports;
  const connect = createConnect(parts, ports);
  return createPages({
    ...ports,
    keyring: parts.keyring,
    home: createHome(parts, ports),
    inbox: createInbox(parts),
    desk: createSessionSide(parts, ports),
    reviews: createReviewSide(parts, ports).reviews,
    connect,
    rooms: createRooms(parts, connect),
    signIn: createWebSignIn({
      ...entra,
      flow,
      keys: parts.signingKeys,
      redirectUri: publicUrl + CALLBACK_PATH,
      clockSkewSeconds: config.identity.clockSkewSeconds,
      nowMs,
    }),
    groups: createGroupResolver({ groups: config.groups, source: ports.groups }),
    // A share of its own: no agent uses up its owner's.
    takePlace: ({ tenant, principal }) =>
      parts.limiter.enter(`ui:${tenant}:${principal.kind}:${principal.id}`, GATEWAY_SERVER, 'call'),
    async isBlocked({ tenant, principal, tokenId }) {
      const checked = await blocks.check({ tenant, principal, session: tokenId });
      if (!checked.ok && checked.error.code === 'blocks-unknown') throw new Error(checked.error.detail);
      return !checked.ok;
    },
    note: (event) => note(parts, noteRefusal, event),
    trustedHops: config.http.trustedHops,
  });
}

/** A sign-in waits for its record; a refusal does not. */
async function note(
  parts: CallParts,
  noteRefusal: (refusal: AdministrationNote) => Promise<void>,
  event: PageEvent,
): Promise<void> {
  const by = event.visitor === undefined ? {} : { by: actorOf(event.visitor) };
  if (event.kind === 'refused') {
    const detail = `${event.code}: ${event.detail}, from ${event.address}`;
    return noteRefusal({ action: 'page-refused', detail, ...by });
  }
  return recordAdministration(parts, { action: event.kind, detail: 'with a browser', ...by });
}

function actorOf({ principal, agent, channel, tokenId, address }: Visitor): Actor {
  return { principal, agent, channel, tokenId, address };
}
