/**
 * What people ask of the gateway (DESIGN §3): the API for programs that act for a person, and answers from Teams. All of
 * them decide through one inbox.
 */
import type { AddRoutes } from '../api/api-app.ts';
import type { ApiCaller } from '../api/api-caller.ts';
import { createApi } from '../api/create-api.ts';
import { approvalRoutes } from '../api/routes/approvals.ts';
import { blockRoutes } from '../api/routes/blocks.ts';
import { healthRoutes } from '../api/routes/health.ts';
import { oversightRoutes } from '../api/routes/oversight.ts';
import { reviewRoutes } from '../api/routes/reviews.ts';
import { sessionRoutes } from '../api/routes/sessions.ts';
import { createInbox } from '../approvals/create-inbox.ts';
import { createOversight } from '../approvals/oversight.ts';
import { noteAdministration, recordAdministration } from '../calls/administration.ts';
import type { CallParts } from '../calls/parts.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { findCallerAddress } from '../identity/address.ts';
import { createBlockAdministration } from '../identity/blocks/administer-blocks.ts';
import type { Caller } from '../identity/caller.ts';
import type { Upstreams } from '../mcp/call-through.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { createApiAuthenticator } from './authenticate-api.ts';
import { createHealth } from './health-side.ts';
import { createRefusalNotes } from './note-api-refusals.ts';
import type { GatewayPorts } from './ports.ts';
import { createReviewSide } from './review-side.ts';
import { createSessionSide } from './session-side.ts';
import { createTeamsSide } from './teams-side.ts';
import { VERSION } from './version.ts';

export interface PeopleSide {
  /** `/api/{*path}` */
  api(call: HttpCall): Promise<HttpAnswer>;
  /** `POST /teams/{kind}` */
  teams(call: HttpCall): Promise<HttpAnswer>;
}

export function createPeopleSide(
  parts: CallParts,
  ports: GatewayPorts,
  upstreams: Pick<Upstreams, 'circuits'>,
): PeopleSide {
  const { config, blocks } = parts;
  const inbox = createInbox(parts);
  const clientAddress = (headers: Headers): string =>
    findCallerAddress(headers.get('x-forwarded-for'), config.http.trustedHops);
  const api = createApi({
    ...ports,
    version: VERSION,
    // `attention` is no approval id: its route stands before those that take one.
    routes: [
      oversightRoutes(createOversight(parts)),
      approvalRoutes(inbox),
      createBlockRoutes(parts),
      healthRoutes({ check: createHealth(parts, { ...ports, fetch }, upstreams), mayAdminister: mayAdminister(parts) }),
      sessionRoutes(createSessionSide(parts, ports)),
      reviewRoutes({ ...createReviewSide(parts, ports), nowMs: parts.nowMs }),
    ],
    authenticate: createApiAuthenticator(config, ports, parts.signingKeys),
    takePlace: (caller) => parts.limiter.enter(apiPlace(caller), GATEWAY_SERVER, 'call'),
    resolveGroups: (caller) => parts.groups.resolve(caller),
    checkBlocks: (caller) => blocks.check(caller),
    clientAddress,
    noteRefusal: createRefusalNotes({ note: (note) => noteAdministration(parts, note), nowMs: parts.nowMs }),
  });
  return { api, teams: createTeamsSide(parts, ports, { inbox, clientAddress }) };
}

/** Apart from what the same person's agents call: no agent keeps its owner from denying what it asked for. */
function apiPlace({ tenant, principal }: Caller): string {
  return `api:${tenant}:${principal.kind}:${principal.id}`;
}

function createBlockRoutes(parts: CallParts): AddRoutes {
  const { blocks, config, nowMs, log } = parts;
  const administration = createBlockAdministration({
    blocks,
    record: (note) => recordAdministration(parts, note),
    note: (note) => noteAdministration(parts, note),
    nowMs,
  });
  return blockRoutes({
    administration,
    mayAdminister: mayAdminister(parts),
    servers: new Set(config.servers.keys()),
    nowMs,
    log,
  });
}

/** Whoever may `administer` the gateway itself: a block on one server is theirs too. */
function mayAdminister({ policy, nowMs }: CallParts): (caller: ApiCaller) => boolean {
  return ({ caller, groups, address }) => {
    const request = { timeMs: nowMs(), address, era: 'modern' } as const;
    return policy.mayDo({ ...caller, groups, request }, 'administer', GATEWAY_SERVER);
  };
}
