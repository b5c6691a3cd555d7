/**
 * Where a session's segments are: those that the index knows, and those that are newer than its last seal, under the days
 * on which one may have been opened. Without an index every day is looked at.
 */
import { dayOf, isTranscriptContainer, parseSegmentName } from '../transcripts/layout.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import type { SegmentPlace } from './session-index.ts';
import type { SessionName } from './story.ts';

const DAY_MS = 86_400_000;

const SESSION_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Text from an address or a command reaches no store before it has the shape of one. */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

/** In the order in which they were opened, as far as names tell. Rejects when storage can't be listed. */
export async function findSegments(
  reader: TranscriptReader,
  session: SessionName,
  known: readonly SegmentPlace[],
  nowMs: number,
): Promise<readonly SegmentPlace[]> {
  const days = new Set(known.flatMap(({ segment }) => parseSegmentName(segment)?.day ?? []));
  // A writer's clock may be ahead, and midnight may just have passed.
  for (const ms of [nowMs - DAY_MS, nowMs, nowMs + DAY_MS / 24]) days.add(dayOf(new Date(ms).toISOString()));
  const listed = (await containersOf(reader)).flatMap((container) =>
    [...days].map((day) => listSegments(reader, container, session, day)),
  );
  return inOrder([...known, ...(await Promise.all(listed)).flat()]);
}

/** The same without an index: each day of the server is looked at. */
export async function searchSegments(reader: TranscriptReader, session: SessionName): Promise<readonly SegmentPlace[]> {
  const found: SegmentPlace[] = [];
  for (const container of await containersOf(reader)) {
    for await (const day of daysOf(reader, container, session.server)) {
      found.push(...(await listSegments(reader, container, session, day)));
    }
  }
  return inOrder(found);
}

/** Those that have transcripts. */
export async function serversOf(reader: TranscriptReader): Promise<readonly string[]> {
  const servers = new Set<string>();
  for (const container of await containersOf(reader)) {
    for await (const server of reader.folders(container, '')) servers.add(server);
  }
  return [...servers];
}

/** Of the servers that have transcripts, those in which the session has some: an id alone tells no server. */
export async function findServers(reader: TranscriptReader, id: string): Promise<readonly string[]> {
  const servers = new Set<string>();
  if (!isSessionId(id)) return [];
  for (const container of await containersOf(reader)) {
    for await (const server of reader.folders(container, '')) {
      if (servers.has(server)) continue;
      for await (const day of daysOf(reader, container, server)) {
        const [first] = await listSegments(reader, container, { id, server }, day);
        if (first) servers.add(server);
      }
    }
  }
  return [...servers];
}

async function containersOf(reader: TranscriptReader): Promise<readonly string[]> {
  return (await Array.fromAsync(reader.containers())).filter(isTranscriptContainer);
}

async function* daysOf(reader: TranscriptReader, container: string, server: string): AsyncGenerator<string> {
  for await (const year of reader.folders(container, `${server}/`)) {
    for await (const month of reader.folders(container, `${server}/${year}/`)) {
      for await (const day of reader.folders(container, `${server}/${year}/${month}/`)) yield `${year}/${month}/${day}`;
    }
  }
}

async function listSegments(
  reader: TranscriptReader,
  container: string,
  { id, server }: SessionName,
  day: string,
): Promise<readonly SegmentPlace[]> {
  const found: SegmentPlace[] = [];
  for await (const { name } of reader.blobs(container, `${server}/${day}/${id}/`)) {
    if (parseSegmentName(name)) found.push({ container, segment: name });
  }
  return found;
}

function inOrder(places: readonly SegmentPlace[]): readonly SegmentPlace[] {
  const keyed = places.map((place) => {
    const { day = '', writer = '', number = 0 } = parseSegmentName(place.segment) ?? {};
    const { container, segment } = place;
    return [`${day} ${writer} ${String(number).padStart(9, '0')} ${container}`, { container, segment }] as const;
  });
  const once = new Map(keyed);
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}
