/**
 * What a writer left behind that ended without closing its segment (DESIGN §6): how far it came, and which calls it sent
 * without saying what became of them. Nobody appends to its segment: this goes on record in the gateway's own.
 */
import type { Entry } from '../entry.ts';
import { verifySegment } from '../verify-segment.ts';
import type { Change } from './find-changes.ts';
import type { SealPorts } from './read-document.ts';

type Recovery = Extract<Entry, { kind: 'recovery' }>;

/** The lease of a release (DESIGN §5), whose call may be on its way all that time, and clocks that disagree. */
const LEASE_MS = 270_000;
const MARGIN_MS = 5 * 60_000;
/** More are counted, not named. */
const MOST_NAMED = 100;

/** Past this without a record, an open segment's writer is gone: it would have closed it. */
export function isLeft({ known, blob }: Change, idleMs: number, nowMs: number): boolean {
  return known?.state === 'open' && blob !== undefined && nowMs - blob.modifiedAtMs > idleMs + LEASE_MS + MARGIN_MS;
}

/** Reads the segment whole. Undefined: it can't be read, or does not hold as it was sealed. Never rejects. */
export async function describeLeft(
  ports: SealPorts,
  { container, segment, known }: Change,
): Promise<Recovery | undefined> {
  if (!known) return undefined;
  const { bytes, lines, head } = known;
  const unfinished = new Set<string>();
  const report = await verifySegment(
    {
      ...ports,
      onLines(covered) {
        for (const line of covered) {
          if (line.kind === 'intent') unfinished.add(line.call.id);
          else if (line.kind === 'outcome') unfinished.delete(line.callId);
        }
      },
    },
    container,
    segment,
    { toBytes: bytes, sealed: { bytes, lines, head } },
  );
  if (report.state !== 'open-or-cut-off') return undefined;
  const named = [...unfinished].slice(0, MOST_NAMED);
  return {
    kind: 'recovery',
    container,
    segment,
    bytes,
    lines,
    head,
    unfinished: named,
    unfinishedCount: unfinished.size,
  };
}
