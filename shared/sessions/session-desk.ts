/**
 * What people who audit see of sessions, from whichever channel (DESIGN §6): lists, and one session. It authorizes by
 * itself, server by server, and puts on record who looks at what before anything is given. What is not for a person and
 * what is not there get the same answer.
 */
import type { Agent, Principal } from '../identity/caller.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import { findSegments, isSessionId } from './find-segments.ts';
import { mergeNewest } from './merge-newest.ts';
import { type ReadPorts, readSession, type SessionReading } from './read-session.ts';
import { describeFilter, matches, type SessionFilter } from './session-filter.ts';
import type { SegmentPlace, SessionIndex, SessionRange } from './session-index.ts';
import type { SessionSummary } from './session-summary.ts';
import type { SessionName } from './story.ts';

/** Somebody whose identity the channel has verified, with groups freshly known. */
export interface Viewer {
  readonly tenant: string;
  readonly principal: Principal;
  readonly agent: Agent;
  readonly groups: readonly string[];
  readonly address: string;
  readonly tokenId: string;
  readonly channel: string;
}

export interface DeskOptions extends Omit<ReadPorts, 'nowMs'> {
  readonly index: SessionIndex;
  /** Configured servers, and `_gateway`. */
  readonly servers: readonly string[];
  readonly mayAudit: (viewer: Viewer, server: string) => boolean;
  /** Resolves once it is durable that they look; rejects otherwise, and then nothing is given. */
  readonly record: (viewer: Viewer, look: Look) => Promise<void>;
  readonly nowMs: () => number;
}

export interface Look {
  readonly what: 'sessions' | 'session';
  readonly server: string;
  readonly subject: string;
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Where to go on; undefined at the end. */
  readonly next?: NonNullable<SessionRange['after']>;
  /** The end of what is looked through at once: those that come later were not looked at. */
  readonly isCut: boolean;
}

export interface SessionView extends SessionReading {
  readonly session: SessionName;
  /** Undefined for one that is newer than the index. */
  readonly summary: SessionSummary | undefined;
}

export interface SessionDesk {
  /** The servers whose sessions this person may see. */
  servers(viewer: Viewer): readonly string[];
  /** Newest first; undefined where there is nothing that they may see. */
  list(
    viewer: Viewer,
    filter: SessionFilter,
    after: SessionRange['after'],
    limit: number,
  ): Promise<SessionPage | undefined>;
  /** `keepsContent` as of `readSession`; may be asked again, with another choice, of the same reading (`again`). */
  show(viewer: Viewer, id: string, keepsContent: (key: string) => boolean): Promise<OpenSession | undefined>;
}

export interface OpenSession {
  readonly view: SessionView;
  /** Reads it once more, with other content: the same look of the same person. */
  again(keepsContent: (key: string) => boolean): Promise<SessionView>;
  readonly reader: TranscriptReader;
}

/** Rows that a list looks through before it says where to go on. */
const MOST_ROWS = 2_000;

export function createSessionDesk(options: DeskOptions): SessionDesk {
  const { index, servers, mayAudit, record, nowMs, reader } = options;
  const theirs = (viewer: Viewer): readonly string[] => servers.filter((server) => mayAudit(viewer, server));

  async function find(id: string, among: readonly string[]) {
    const indexed = await Promise.all(among.map((server) => index.read(server, id)));
    const at = indexed.findIndex((found) => found?.summary !== undefined);
    const server = among[at];
    if (server !== undefined) {
      const session: SessionName = { id, server };
      const known = await index.listPositions(server, id);
      return { session, summary: indexed[at]?.summary, places: await findSegments(reader, session, known, nowMs()) };
    }
    const listed = among.map(async (name) => {
      const session: SessionName = { id, server: name };
      return { session, summary: undefined, places: await findSegments(reader, session, [], nowMs()) };
    });
    return (await Promise.all(listed)).find(({ places }) => places.length > 0);
  }

  const read = async (found: Found, keepsContent: (key: string) => boolean): Promise<SessionView> => {
    const { session, summary, places } = found;
    return { session, summary, ...(await readSession({ ...options, nowMs: nowMs() }, places, keepsContent)) };
  };

  return {
    servers: theirs,
    async list(viewer, filter, after, limit) {
      const may = theirs(viewer);
      const among = filter.server === undefined ? may : may.filter((server) => server === filter.server);
      if (among.length === 0) return undefined;
      const subject = describeFilter(filter);
      await Promise.all(among.map((server) => record(viewer, { what: 'sessions', server, subject })));
      const { sinceMs, untilMs } = filter;
      const range = {
        ...(sinceMs !== undefined && { sinceMs }),
        ...(untilMs !== undefined && { untilMs }),
        ...(after && { after }),
      };
      return collect(mergeNewest(among.map((server) => index.list(server, range))), filter, limit);
    },
    async show(viewer, id, keepsContent) {
      if (!isSessionId(id)) return undefined;
      const found = await find(id, theirs(viewer));
      if (!found) return undefined;
      await record(viewer, { what: 'session', server: found.session.server, subject: id });
      const view = await read(found, keepsContent);
      return { view, again: (keeps) => read(found, keeps), reader };
    },
  };
}

interface Found {
  readonly session: SessionName;
  readonly summary: SessionSummary | undefined;
  readonly places: readonly SegmentPlace[];
}

async function collect(all: AsyncIterable<SessionSummary>, filter: SessionFilter, limit: number): Promise<SessionPage> {
  const sessions: SessionSummary[] = [];
  let last: SessionSummary | undefined;
  let rows = 0;
  for await (const summary of all) {
    const isFull = sessions.length >= limit;
    if (last && (isFull || rows >= MOST_ROWS)) {
      return { sessions, next: { lastMs: last.lastMs, id: last.id }, isCut: !isFull };
    }
    rows += 1;
    last = summary;
    if (matches(filter, summary)) sessions.push(summary);
  }
  return { sessions, isCut: false };
}
