/**
 * Sessions for people who audit (DESIGN §6): one desk for pages and API, which asks policy and puts on record who looks;
 * and the index that the sealer fills.
 */
import type { CallParts } from '../calls/parts.ts';
import { recordView } from '../calls/record-view.ts';
import { LEASE_MS } from '../calls/release.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { createSealLookup } from '../sessions/seal-lookup.ts';
import { createSessionDesk, type SessionDesk, type Viewer } from '../sessions/session-desk.ts';
import type { Actor } from '../transcripts/entry.ts';
import type { GatewayPorts } from './ports.ts';

/** After a stream's lifetime, for its outcome to be recorded. */
const STREAM_MARGIN_MS = 30_000;
/** Of a session that is shown, about 50 MB; the command reads larger ones from the blobs. */
const MOST_ITEMS = 50_000;

export function createSessionSide(parts: CallParts, ports: GatewayPorts): SessionDesk {
  const { config, policy, nowMs } = parts;
  const { transcripts: reader, endorsingKey } = ports;
  return createSessionDesk({
    index: ports.sessionIndex,
    reader,
    endorsingKey,
    seals: createSealLookup({ reader, endorsingKey }),
    servers: [...config.servers.keys(), GATEWAY_SERVER],
    leaseMs: LEASE_MS,
    streamLeaseMs: config.limits.streamMs + STREAM_MARGIN_MS,
    maxItems: MOST_ITEMS,
    mayAudit: (viewer, server) => {
      const request = { timeMs: nowMs(), address: viewer.address, era: 'modern' } as const;
      return policy.mayDo({ ...viewer, request }, 'audit', server);
    },
    record: (viewer, look) => recordView(parts, { ...look, by: actorOf(viewer) }),
    nowMs,
  });
}

function actorOf({ principal, agent, channel, tokenId, address }: Viewer): Actor {
  return { principal, agent, channel, tokenId, address };
}
