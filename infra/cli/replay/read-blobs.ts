/**
 * Sessions straight from blobs, without a gateway: what an auditor does with a copy, offline. Everything is verified while
 * it is read. What is listed comes from an index made in memory for as long as the command runs.
 */
import type { z } from 'zod';
import { describeSession, summariseSession } from '../../../shared/api/routes/describe-session.ts';
import type { sessionListSchema, sessionSchema } from '../../../shared/api/routes/session-schemas.ts';
import { findServers, searchSegments } from '../../../shared/sessions/find-segments.ts';
import { mergeNewest } from '../../../shared/sessions/merge-newest.ts';
import { timelineOf } from '../../../shared/sessions/open-timeline.ts';
import { readSession } from '../../../shared/sessions/read-session.ts';
import { indexTranscripts } from '../../../shared/sessions/rebuild-index.ts';
import { createSealLookup } from '../../../shared/sessions/seal-lookup.ts';
import { matches, type SessionFilter } from '../../../shared/sessions/session-filter.ts';
import type { VerifyReport } from '../../../shared/transcripts/verify-report.ts';
import type { TranscriptSource } from '../transcripts/source.ts';
import { createMemoryIndex } from './memory-index.ts';

/** Of a gateway that runs with its defaults; what is still open there is told as unfinished or unknown by these. */
const LEASE_MS = 270_000;
const STREAM_LEASE_MS = 15 * 60_000;

type Source = Pick<TranscriptSource, 'reader' | 'endorsingKey'>;

/** `report`: of everything that was read, whatever was looked for. */
export async function listFromBlobs(
  { reader, endorsingKey }: Source,
  filter: SessionFilter,
  limit: number,
): Promise<{ readonly list: z.output<typeof sessionListSchema>; readonly report: VerifyReport }> {
  const index = createMemoryIndex();
  const report = await indexTranscripts({ index, reader, endorsingKey });
  const { server, sinceMs, untilMs } = filter;
  const range = { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) };
  const servers = server === undefined ? index.servers() : [server];
  const sessions: z.output<typeof sessionListSchema>['sessions'] = [];
  for await (const summary of mergeNewest(servers.map((name) => index.list(name, range)))) {
    if (sessions.length >= limit) break;
    if (matches(filter, summary)) sessions.push(summariseSession(summary));
  }
  return { list: { sessions }, report };
}

/** Undefined: no transcript has such a session. */
export async function showFromBlobs(
  { reader, endorsingKey }: Source,
  id: string,
  nowMs: number,
  part: { readonly from: number; readonly limit: number; readonly withContent: boolean },
): Promise<z.output<typeof sessionSchema> | undefined> {
  const [server] = await findServers(reader, id);
  if (server === undefined) return undefined;
  const session = { id, server };
  const seals = createSealLookup({ reader, endorsingKey });
  const ports = { reader, endorsingKey, seals, nowMs, leaseMs: LEASE_MS, streamLeaseMs: STREAM_LEASE_MS };
  const { withContent, from, limit } = part;
  const { items, proof } = await readSession(ports, await searchSegments(reader, session), () => withContent);
  const all = timelineOf(items);
  return describeSession({
    session,
    proof,
    items: all.slice(from, from + limit),
    total: all.length,
    leftOut: 0,
    withContent,
  });
}
