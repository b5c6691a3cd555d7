/**
 * The index of sessions in memory: what `sallyport replay` makes of blobs when no gateway is asked. It behaves as the
 * table does, and is gone with the process.
 */
import type {
  IndexedSession,
  SegmentPlace,
  SessionIndex,
  SessionRange,
} from '../../../shared/sessions/session-index.ts';
import type { SessionSummary } from '../../../shared/sessions/session-summary.ts';

interface Row extends IndexedSession {
  readonly positions: ReadonlyMap<string, SegmentPlace & { readonly lines: number }>;
}

export interface MemoryIndex extends SessionIndex {
  servers(): readonly string[];
}

export function createMemoryIndex(): MemoryIndex {
  const servers = new Map<string, Map<string, Row>>();
  const rowOf = (server: string, id: string) => servers.get(server)?.get(id);
  let writes = 0;

  return {
    servers: () => [...servers.keys()],
    read: async (server, id) => {
      const row = rowOf(server, id);
      return row && { summary: row.summary, tag: row.tag, generation: row.generation };
    },
    async readPosition(server, id, generation, place) {
      const row = rowOf(server, id);
      return row?.generation === generation ? (row.positions.get(keyOf(place))?.lines ?? 0) : 0;
    },
    listPositions: async (server, id) => [...(rowOf(server, id)?.positions.values() ?? [])].sort(compare),
    async write({ server, id }, summary, position, over) {
      const row = rowOf(server, id);
      if (row?.tag !== over?.tag) return { kind: 'conflict' };
      writes += 1;
      const rows = servers.get(server) ?? new Map<string, Row>();
      servers.set(server, rows);
      const session = { summary, tag: String(writes), generation: row?.generation ?? 1 };
      rows.set(id, { ...session, positions: new Map(row?.positions).set(keyOf(position), position) });
      return { kind: 'written', session };
    },
    async *list(server, range) {
      const summaries = [...(servers.get(server)?.values() ?? [])].flatMap(({ summary }) => summary ?? []);
      for (const summary of summaries.sort(newestFirst)) if (isIn(range, summary)) yield summary;
    },
    async reset(server) {
      for (const [id, { generation }] of servers.get(server) ?? []) {
        writes += 1;
        const row = { summary: undefined, tag: String(writes), generation: generation + 1, positions: new Map() };
        servers.get(server)?.set(id, row);
      }
    },
  };
}

function isIn({ sinceMs = 0, untilMs = Infinity, after }: SessionRange, summary: SessionSummary): boolean {
  if (summary.lastMs < sinceMs || summary.firstMs > untilMs) return false;
  return after === undefined || newestFirst(after, summary) < 0;
}

function newestFirst(left: { lastMs: number; id: string }, right: { lastMs: number; id: string }): number {
  return right.lastMs - left.lastMs || (left.id < right.id ? -1 : Number(left.id > right.id));
}

function keyOf({ container, segment }: SegmentPlace): string {
  return `${container}/${segment}`;
}

function compare(left: SegmentPlace, right: SegmentPlace): number {
  return keyOf(left) < keyOf(right) ? -1 : 1;
}
